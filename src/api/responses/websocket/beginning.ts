import { asBuffer, decodeRawData, type RawData, rawTextOf } from "../../../client/raw-text.ts";
import type { EarlierResponses } from "../events/earlier.ts";
import { parseWireEvent } from "../events/parse.ts";
import { rowOfEvent } from "../events/registry.ts";

/** Shows that the service has begun a response and no longer needs the one before it. */
const BEGUN = /"response\.(?:in_progress|output_item\.added)"/;
const ENDED = /"response\.(?:completed|incomplete|failed)"/;
/** How many characters of a message are searched for its type. */
const LOOKED_AT = 512;
/** How long, in milliseconds, a doubtful end waits for the beginning of its response. */
const DOUBT_MS = 1_000;

/** The response, as seen by its beginning. */
export interface BeginningHost {
  readonly earlier: EarlierResponses;
  /** True once the response has its id: an end that follows is its own. */
  readonly isCreated: boolean;
  /** Reads an end that was held back and turned out to be this response's. */
  readHeldEnd(message: RawData): void;
}

/**
 * Notices the beginning of one response, among messages that may belong to an earlier one.
 *
 * An end that comes before it, under the id of an earlier response, is doubtful and held back. If the beginning follows, the end was the
 * earlier response's. If anything else follows, or nothing, it is this response's: the server gives responses the same id and does not
 * announce them all.
 */
export class Beginning {
  /** Resolves when the response has begun, or nobody needs to wait for that any more. */
  readonly begun: Promise<void>;
  readonly #host: BeginningHost;
  #tellBegun!: () => void;
  #hasBegun = false;
  #isOver = false;
  #doubtfulEnd: { readonly message: RawData; readonly timer: NodeJS.Timeout } | undefined;

  constructor(host: BeginningHost) {
    this.#host = host;
    this.begun = new Promise((resolve) => {
      this.#tellBegun = resolve;
    });
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Called with each message until the response has begun. @returns True if the message is held back: it is read later, or never. */
  holds(message: RawData): boolean {
    const start = typeof message === "string" ? message : rawTextOf(message.subarray(0, LOOKED_AT));
    const mayBeDoubtful = !this.#host.isCreated && (this.#doubtfulEnd !== undefined || ENDED.test(start));
    if (mayBeDoubtful && this.#isDoubtfulEnd(message)) return true;
    if (!this.#isOver && BEGUN.test(start) && !this.#isEarlier(message)) {
      this.#hasBegun = true;
      this.settle();
    }
    return false;
  }

  /** Ends the wait for {@link begun}. */
  settle(): void {
    this.#tellBegun();
  }

  /** The response is over. */
  end(): void {
    this.#isOver = true;
    this.#drop();
    this.settle();
  }

  /** Nothing follows any more: an end that was held back is this response's. */
  readonly release = (): void => {
    const doubtful = this.#doubtfulEnd;
    this.#drop();
    if (doubtful) this.#host.readHeldEnd(doubtful.message);
  };

  #isDoubtfulEnd(message: RawData): boolean {
    const { earlier } = this.#host;
    const event = parseWireEvent(decodeRawData(message)) ?? {};
    const isDoubtful = rowOfEvent(event)?.ends === true && earlier.share(event);
    if (isDoubtful) this.#doubtfulEnd ??= { message, timer: setTimeout(this.release, DOUBT_MS).unref() };
    else if (!earlier.own(event)) this.release(); // after a beginning the reader leaves it out, and reports it
    return isDoubtful;
  }

  /** Parses the message, which may repeat long instructions, only if that can matter. */
  #isEarlier(message: RawData): boolean {
    const { earlier } = this.#host;
    const mayBe = earlier.mayOwn(typeof message === "string" ? message : asBuffer(message));
    return mayBe && earlier.own(parseWireEvent(decodeRawData(message)) ?? {});
  }

  #drop(): void {
    clearTimeout(this.#doubtfulEnd?.timer);
    this.#doubtfulEnd = undefined;
  }
}
