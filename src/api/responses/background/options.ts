/** How a response in the background is treated; without effect on others. */
export interface BackgroundOptions {
  /**
   * Cancel the response when its stream is left before the end: by `break`, by `close()`, by the signal. Default false: it goes on at the service, to
   * be taken up with `resume`.
   */
  readonly cancelOnLeave?: boolean | undefined;
}

/** For the checks of options that extend it. */
export const BACKGROUND_NAMES = { cancelOnLeave: true } as const;
