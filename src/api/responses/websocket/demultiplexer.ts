import { decodeRawData, type RawData, rawTextOf } from "../../../client/raw-text.ts";
import { parameterOf } from "../../refusal/details.ts";
import { parseEvent, parseWireEvent } from "../events/parse.ts";
import { isErrorEvent } from "../events/registry.ts";
import type { LaneName } from "./turns.ts";

/** Whether the server says for each event which lane it belongs to. `unknown` until a named lane has had its first event. */
export type Repeats = "unknown" | "yes" | "no";

/** Who gets a message: one response, every running one, or none; `mixed`: one of several, and nothing says which. */
export type Route<Receiver> = Receiver | "all" | "mixed" | undefined;

/** Assigns the messages of a connection to responses, by their `stream_id`. While no lane has a name, messages are not even looked at. */
export class Demultiplexer<Receiver extends { readonly isCreated: boolean }> {
  readonly #inFlight = new Map<LaneName, Receiver>();
  /** Named lanes whose first event has not come. */
  readonly #silent = new Set<LaneName>();
  #hasNames = false;
  #repeats: Repeats = "unknown";
  /** True if a message without a name may be about a response of the lane without a name that is over. Default: never. */
  isLate: (message: RawData) => boolean = () => false;
  /** Called once it is known whether the server repeats `stream_id`. */
  onLearned: (() => void) | undefined;

  get repeats(): Repeats {
    return this.#repeats;
  }

  /** The running responses. */
  get receivers(): Iterable<Receiver> {
    return this.#inFlight.values();
  }

  get size(): number {
    return this.#inFlight.size;
  }

  /** While it is unknown whether the server repeats names, one named lane at a time may run; if it does not, one request at a time. */
  mayAdd(inside: ReadonlySet<LaneName>): boolean {
    if (this.#repeats === "yes") return true;
    return inside.size === 0 || (this.#repeats === "unknown" && inside.size === 1 && inside.has(undefined));
  }

  add(lane: LaneName, receiver: Receiver): void {
    this.#inFlight.set(lane, receiver);
    if (lane === undefined) return;
    this.#hasNames = true;
    if (this.#repeats === "unknown") this.#silent.add(lane);
  }

  delete(lane: LaneName): void {
    this.#inFlight.delete(lane);
    this.#silent.delete(lane);
  }

  has(lane: LaneName): boolean {
    return this.#inFlight.has(lane);
  }

  /** Removes and returns all running responses. */
  takeAll(): Receiver[] {
    const all = [...this.#inFlight.values()];
    this.#inFlight.clear();
    this.#silent.clear();
    return all;
  }

  /** @param settle - Lets the responses read what they were given before: the answer may depend on it. */
  route(message: RawData, settle: () => void = () => {}): Route<Receiver> {
    if (!this.#hasNames) return this.#inFlight.get(undefined);
    const lane = streamIdOf(message);
    if (lane !== undefined) {
      this.#learn("yes");
      return this.#inFlight.get(lane);
    }
    settle();
    return this.#inFlight.size === 0 ? undefined : this.#ofNobody(message);
  }

  /** The receiver of a message that names no lane. */
  #ofNobody(message: RawData): Route<Receiver> {
    const ofDefault = this.#inFlight.get(undefined);
    if (ofDefault === undefined && this.#repeats === "yes" && this.isLate(message)) return undefined;
    if (this.#repeats === "no" || this.#inFlight.size === 1) {
      const [only] = this.#inFlight.values();
      if (ofDefault === undefined && isBeginning(message)) this.#learn("no");
      return only;
    }
    if (ofDefault === undefined && STEERED.test(startOf(message))) return undefined;
    if (ofDefault === undefined) return OF_A_RESPONSE.test(startOf(message)) ? this.#mixed() : "all";
    if (!isBeginning(message)) return this.#isOfSilentLane(message) ? this.#firstSilent() : ofDefault;
    // A second beginning where only one response without a name runs: the server did not repeat the other one's name.
    return ofDefault.isCreated && this.#silent.size > 0 ? this.#mixed() : ofDefault;
  }

  /** A server that leaves out a name once may do so again. */
  #mixed(): "mixed" {
    this.#repeats = "unknown";
    this.#learn("no");
    return "mixed";
  }

  /** True if a server that does not know lanes refuses the name. */
  #isOfSilentLane(message: RawData): boolean {
    if (this.#silent.size === 0) return false;
    const event = parseWireEvent(decodeRawData(message));
    return event !== undefined && isErrorEvent(event) && parameterOf(event) === "stream_id";
  }

  #firstSilent(): Route<Receiver> {
    const [lane] = this.#silent;
    return this.#inFlight.get(lane);
  }

  #learn(repeats: "yes" | "no"): void {
    if (this.#repeats === "yes" || this.#repeats === repeats) return;
    this.#repeats = repeats;
    this.#silent.clear();
    this.onLearned?.();
  }
}

const NAME = /"stream_id"\s*:\s*"([A-Za-z0-9_.-]{1,256})"\s*/;
/** How most servers write it, as the last field of the event. */
const LAST_FIELD = ',"stream_id":"';
const QUOTE = 0x22;
const MOST_CHARACTERS = 256;
/**
 * As the last field of the event. Quotes inside texts are escaped, so a match is a field; the closing brace after it is that of the event
 * itself.
 */
const AT_THE_END = new RegExp(`[,{]\\s*${NAME.source}\\}\\s*$`);
/** After fields without escapes, so it belongs to the event itself. */
const AT_THE_BEGINNING = new RegExp(
  `^\\s*\\{(?:\\s*"\\w+"\\s*:\\s*(?:"[^"\\\\]*"|-?\\d+)\\s*,)*\\s*${NAME.source}[,}]`,
);
/** Enough for the name at either end. */
const LOOKED_AT = 512;
/** The service's answer to steering, which may come after the end of the response. */
const STEERED = /"type"\s*:\s*"response\.steer\./;
/** In contrast to what concerns the connection or the account, as rate limits and errors do. */
const OF_A_RESPONSE = /"type"\s*:\s*"response\./;

/**
 * The top-level `stream_id` of a message. The message is parsed only if a name is somewhere in the middle; one that is damaged belongs to
 * the lane that it names anywhere.
 */
function streamIdOf(message: RawData): string | undefined {
  const text = typeof message === "string" ? message : undefined;
  const last = text === undefined ? undefined : lastFieldOf(text);
  if (last !== undefined) return last;
  const end = AT_THE_END.exec(text?.slice(-LOOKED_AT) ?? rawTextOf((message as Uint8Array).subarray(-LOOKED_AT)));
  if (end) return end[1];
  const begin = AT_THE_BEGINNING.exec(
    text?.slice(0, LOOKED_AT) ?? rawTextOf((message as Uint8Array).subarray(0, LOOKED_AT)),
  );
  if (begin) return begin[1];
  const whole = text ?? rawTextOf(message as Uint8Array);
  if (!whole.includes('"stream_id"')) return undefined;
  const event = parseEvent(decodeRawData(message));
  if (typeof event === "string") return NAME.exec(whole)?.[1];
  return typeof event.stream_id === "string" ? event.stream_id : undefined;
}

/** The name, if it is the last field and written without spaces. Unlike a regular expression this allocates nothing but the name. */
function lastFieldOf(text: string): string | undefined {
  const end = text.length - 2;
  if (!text.endsWith('"}')) return undefined;
  let start = end;
  while (end - start <= MOST_CHARACTERS && text.charCodeAt(start - 1) !== QUOTE) start -= 1;
  if (start === end || !text.startsWith(LAST_FIELD, start - LAST_FIELD.length)) return undefined;
  return text.slice(start, end);
}

/** True for `response.created`, with which every response begins. */
function isBeginning(message: RawData): boolean {
  return startOf(message).includes('"response.created"');
}

function startOf(message: RawData): string {
  return typeof message === "string" ? message.slice(0, LOOKED_AT) : rawTextOf(message.subarray(0, LOOKED_AT));
}
