import type { RealtimeEvent } from "../events.ts";
import type { RealtimeLink } from "./link.ts";

export interface NextEventOptions {
  /** Ends this wait, with an `aborted` error; the connection stays open and no event is lost. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The half of a realtime connection that reads. When about 1 MiB waits to be read the connection is paused, so that a reader who does not
 * keep up slows the service down instead of filling the memory; pings are answered all the same until then.
 */
export class RealtimeEvents implements AsyncIterable<RealtimeEvent> {
  readonly #link: RealtimeLink;

  constructor(link: RealtimeLink) {
    this.#link = link;
  }

  /**
   * The next event, `undefined` once the connection is closed, by either side. There is no limit to the wait.
   *
   * @throws {@link StreamError} `failed to read websocket message: …`, once; {@link TimeoutError} The peer is gone without a word.
   */
  nextEvent({ signal }: NextEventOptions = {}): Promise<RealtimeEvent | undefined> {
    return this.#link.next(signal);
  }

  /** A loop that is left early leaves the connection open, and another one goes on where it stopped. */
  async *[Symbol.asyncIterator](): AsyncGenerator<RealtimeEvent, undefined> {
    for (;;) {
      const event = await this.nextEvent();
      if (event === undefined) return;
      yield event;
    }
  }
}
