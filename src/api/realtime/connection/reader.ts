import { knownOptions } from "../../../client/options.ts";
import { acceptSignal } from "../../../client/waiting/abort.ts";
import type { RealtimeEvent } from "../events.ts";
import type { RealtimeLink } from "./link.ts";

export interface NextEventOptions {
  /** Ends this wait with an `aborted` error; the connection stays open and no event is lost. */
  readonly signal?: AbortSignal | undefined;
}

const OPTIONS = knownOptions<NextEventOptions>("the options of nextEvent()", { signal: true });

/**
 * The receiving half of a realtime connection. When about 1 MiB waits to be read the connection is paused, so a slow reader slows the
 * service down and does not fill the memory. Until then pings are answered.
 */
export class RealtimeEvents implements AsyncIterable<RealtimeEvent> {
  readonly #link: RealtimeLink;

  constructor(link: RealtimeLink) {
    this.#link = link;
  }

  /**
   * The next event; `undefined` once either side has closed the connection. There is no time limit.
   *
   * @throws {@link StreamError} `failed to read websocket message: …`, once. {@link TimeoutError} The service no longer answers pings.
   */
  async nextEvent(options: NextEventOptions = {}): Promise<RealtimeEvent | undefined> {
    OPTIONS(options);
    const { signal } = options;
    acceptSignal(signal);
    return this.#link.next(signal);
  }

  /** Leaving a loop early keeps the connection open; the next loop continues where this one stopped. */
  async *[Symbol.asyncIterator](): AsyncGenerator<RealtimeEvent, undefined> {
    for (;;) {
      const event = await this.nextEvent();
      if (event === undefined) return;
      yield event;
    }
  }
}
