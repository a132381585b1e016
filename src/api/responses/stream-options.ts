/** How a response is read, the same on every carrier. */
export interface StreamOptions {
  /** Also yield wire events that no event type covers, as `wire`. Every event is parsed then, which costs what it costs. Default false. */
  readonly wireEvents?: boolean | undefined;
  /** Also give each event its JSON text as received, as `raw`. Every event is parsed then, which costs what it costs. Default false. */
  readonly raw?: boolean | undefined;
  /** An incomplete response is an error (`fail`), or ends with the event `incomplete` (`end`). Default `fail`. */
  readonly incomplete?: "fail" | "end" | undefined;
  /**
   * Keep finished items and the text under way beside what is yielded, up to 64 MiB, for `collect()` and for `partial` of an error. False: nothing
   * is kept, and `collect()` is a `build` error. Default true.
   */
  readonly keep?: boolean | undefined;
}

/** The group, out of the options of a call. */
export function streamOptionsOf({ wireEvents, raw, incomplete, keep }: StreamOptions): StreamOptions {
  return { wireEvents, raw, incomplete, keep };
}
