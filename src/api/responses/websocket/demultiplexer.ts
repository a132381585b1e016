import { decodeRawData, type RawData, rawTextOf } from "../../../client/raw-text.ts";
import { type JsonObject, parseObject } from "../../wire/json.ts";
import type { Line } from "./turns.ts";

/** Does the server say of each event which lane it belongs to? `unknown` until a lane with a name has had its first event. */
export type Repeats = "unknown" | "yes" | "no";

/** Who gets a message: one response, every one in flight, or none; `mixed`: one of several, and nothing says which. */
export type Route<Receiver> = Receiver | "all" | "mixed" | undefined;

/** Tells the messages of a connection apart by their `stream_id`. Where no lane has a name, they are not even looked at. */
export class Demultiplexer<Receiver extends { readonly isCreated: boolean }> {
  readonly #inFlight = new Map<Line, Receiver>();
  /** Named lanes, whose first event is not in. */
  readonly #silent = new Set<Line>();
  #hasNames = false;
  #repeats: Repeats = "unknown";
  /** Called when it has become clear whether the server repeats `stream_id`. */
  onLearned: (() => void) | undefined;

  get repeats(): Repeats {
    return this.#repeats;
  }

  /** Those in flight. */
  get receivers(): Iterable<Receiver> {
    return this.#inFlight.values();
  }

  get size(): number {
    return this.#inFlight.size;
  }

  /** While it is unknown whether the server repeats names, one named lane at a time finds out; after a no, one request at a time. */
  mayAdd(inside: ReadonlySet<Line>): boolean {
    if (this.#repeats === "yes") return true;
    return inside.size === 0 || (this.#repeats === "unknown" && inside.size === 1 && inside.has(undefined));
  }

  add(lane: Line, receiver: Receiver): void {
    this.#inFlight.set(lane, receiver);
    if (lane === undefined) return;
    this.#hasNames = true;
    if (this.#repeats === "unknown") this.#silent.add(lane);
  }

  delete(lane: Line): void {
    this.#inFlight.delete(lane);
    this.#silent.delete(lane);
  }

  has(lane: Line): boolean {
    return this.#inFlight.has(lane);
  }

  /** Everybody in flight, who is not any more. */
  takeAll(): Receiver[] {
    const all = [...this.#inFlight.values()];
    this.#inFlight.clear();
    this.#silent.clear();
    return all;
  }

  /** Who gets every message, while no lane has a name. */
  get only(): Receiver | undefined {
    return this.#hasNames ? undefined : this.#inFlight.get(undefined);
  }

  route(message: RawData): Route<Receiver> {
    if (!this.#hasNames) return this.#inFlight.get(undefined);
    const lane = streamIdOf(message);
    if (lane !== undefined) {
      this.#learn("yes");
      return this.#inFlight.get(lane);
    }
    return this.#inFlight.size === 0 ? undefined : this.#ofNobody(message);
  }

  /** Of a message that names no lane. */
  #ofNobody(message: RawData): Route<Receiver> {
    const ofDefault = this.#inFlight.get(undefined);
    if (this.#repeats === "no" || this.#inFlight.size === 1) {
      const [only] = this.#inFlight.values();
      if (ofDefault === undefined && isBeginning(message)) this.#learn("no");
      return only;
    }
    if (ofDefault === undefined) return "all";
    if (!isBeginning(message)) return this.#isOfSilentLane(message) ? this.#firstSilent() : ofDefault;
    // A second beginning where only one response without a name runs: the other one's name was not repeated.
    if (!ofDefault.isCreated || this.#silent.size === 0) return ofDefault;
    this.#learn("no");
    return "mixed";
  }

  /** A refusal of the name itself, by a server that does not know names. */
  #isOfSilentLane(message: RawData): boolean {
    if (this.#silent.size === 0) return false;
    const event = parseObject(decodeRawData(message));
    return event?.type === "error" && parameterOf(event) === "stream_id";
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

/** What of the request an error is about. */
export function parameterOf(event: JsonObject): unknown {
  const error = event.error as JsonObject | null | undefined;
  return event.param ?? error?.param;
}

const NAME = /"stream_id"\s*:\s*"([A-Za-z0-9_.-]{1,256})"\s*/;
/** As the last field of the event. A quote that a text holds is escaped, so what fits is a field; what the closing brace ends is the event itself. */
const AT_THE_END = new RegExp(`[,{]\\s*${NAME.source}\\}\\s*$`);
/** Behind fields without an escape in them: one of the event itself. */
const AT_THE_BEGINNING = new RegExp(
  `^\\s*\\{(?:\\s*"\\w+"\\s*:\\s*(?:"[^"\\\\]*"|-?\\d+)\\s*,)*\\s*${NAME.source}[,}]`,
);
/** Enough for the name at either end. */
const LOOKED_AT = 512;

/** The lane that a message names, at its top level; parsed only where a name stands somewhere in the middle. */
function streamIdOf(message: RawData): string | undefined {
  const text = typeof message === "string" ? message : undefined;
  const end = AT_THE_END.exec(text?.slice(-LOOKED_AT) ?? rawTextOf((message as Uint8Array).subarray(-LOOKED_AT)));
  if (end) return end[1];
  const begin = AT_THE_BEGINNING.exec(
    text?.slice(0, LOOKED_AT) ?? rawTextOf((message as Uint8Array).subarray(0, LOOKED_AT)),
  );
  if (begin) return begin[1];
  const whole = text ?? rawTextOf(message as Uint8Array);
  if (!whole.includes('"stream_id"')) return undefined;
  const name = parseObject(decodeRawData(message))?.stream_id;
  return typeof name === "string" ? name : undefined;
}

/** `response.created`, which is the first of a response everywhere. */
function isBeginning(message: RawData): boolean {
  const start = typeof message === "string" ? message.slice(0, LOOKED_AT) : rawTextOf(message.subarray(0, LOOKED_AT));
  return start.includes('"response.created"');
}
