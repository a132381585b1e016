import { decodeRawData, type RawData } from "../../../client/raw-text.ts";
import { parseObject } from "../../wire/json.ts";
import type { EarlierResponses } from "../events/earlier.ts";
import { rowOf } from "../events/registry.ts";

/** How long, in milliseconds, an end waits for the beginning of its response. */
const DOUBT_MS = 1_000;

/**
 * An end that comes before its response has begun, under the id of an earlier response. If the beginning follows, the end was the earlier
 * response's. If anything else follows, or nothing, it is this response's: the server gives responses the same id and does not announce
 * them all.
 */
export class DoubtfulEnd {
  readonly #earlier: EarlierResponses;
  readonly #read: (message: RawData) => void;
  #held: { readonly message: RawData; readonly timer: NodeJS.Timeout } | undefined;

  /** @param read - Reads the end, once it is clear whose it is. */
  constructor(earlier: EarlierResponses, read: (message: RawData) => void) {
    this.#earlier = earlier;
    this.#read = read;
  }

  get isHeld(): boolean {
    return this.#held !== undefined;
  }

  /** Called with the messages before the beginning. Returns true if the message is such an end; it is then read later, or never. */
  holds(message: RawData): boolean {
    const event = parseObject(decodeRawData(message)) ?? {};
    const isEnd = rowOf(event.type)?.ends === true && this.#earlier.share(event);
    if (isEnd) this.#held ??= { message, timer: setTimeout(this.release, DOUBT_MS).unref() };
    else if (!this.#earlier.own(event)) this.release(); // after a beginning the reader leaves it out, and reports it
    return isEnd;
  }

  /** It is clear whose end it is. */
  readonly release = (): void => {
    const held = this.#held;
    this.drop();
    if (held) this.#read(held.message);
  };

  drop(): void {
    clearTimeout(this.#held?.timer);
    this.#held = undefined;
  }
}
