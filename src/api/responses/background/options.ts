/** Options for background responses; other responses ignore them. */
export interface BackgroundOptions {
  /**
   * Cancel the response when the reader leaves its stream before the end (by `break`, `close()` or the signal). Otherwise the service
   * continues the response, and `resume` reads it later.
   * @default `false`
   */
  readonly cancelOnLeave?: boolean | undefined;
}

/** For option checks that extend this one. */
export const BACKGROUND_NAMES = { cancelOnLeave: true } as const;
