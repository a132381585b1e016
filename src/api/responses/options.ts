import { COMPRESSIONS, type Compression } from "../../client/compression.ts";
import { knownOptions, oneOf } from "../../client/options.ts";
import {
  CONVERSATION_NAMES,
  type ConversationOptions,
  UNARY_NAMES,
  type UnaryOptions,
} from "../service/call-options.ts";
import { BACKGROUND_NAMES, type BackgroundOptions } from "./background/options.ts";

/** How a response is read, the same on every carrier. */
export interface StreamOptions {
  /** Also yield wire events that no event type covers, as `wire`. Every event is parsed then, which costs what it costs. Default false. */
  readonly wireEvents?: boolean | undefined;
  /** Also give each event its JSON text as received, as `raw`. Every event is parsed then, which costs what it costs. Default false. */
  readonly raw?: boolean | undefined;
  /** Also yield every wire event as it came, as `frame`, before what it says: for those who pass it on. Default false. */
  readonly frames?: boolean | undefined;
  /** An incomplete response is an error (`fail`), or ends with the event `incomplete` (`end`). Default `fail`. */
  readonly incomplete?: "fail" | "end" | undefined;
  /**
   * Keep finished items and the text under way beside what is yielded, up to 64 MiB, for `collect()` and for `partial` of an error. False: nothing
   * is kept, and `collect()` is a `build` error. Default true.
   */
  readonly keep?: boolean | undefined;
}

/** The group, out of the options of a call. */
export function streamOptionsOf({ wireEvents, raw, frames, incomplete, keep }: StreamOptions): StreamOptions {
  return { wireEvents, raw, frames, incomplete, keep };
}

/** Options of one response. */
export interface ResponsesOptions extends UnaryOptions, ConversationOptions, StreamOptions, BackgroundOptions {
  /** Coding of the body of an HTTP request; default the provider's. */
  readonly compression?: Compression | undefined;
  /**
   * `websocket`: over a connection for this one response. `auto`: so where the provider has them (`supportsWebSockets`), and over HTTP where none opens.
   * Default `http`; a conversation is cheaper in a session.
   */
  readonly carrier?: CarrierChoice | undefined;
}

const CARRIERS = ["auto", "websocket", "http"] as const;

/** How the service may be reached. */
export type CarrierChoice = (typeof CARRIERS)[number];

/** @throws {@link BuildError} It is not valid. */
export function checkedCarrier(carrier: CarrierChoice): CarrierChoice {
  return oneOf("carrier", carrier, CARRIERS);
}

/** For the checks of options that extend it. */
export const READING_NAMES = { wireEvents: true, raw: true, frames: true, incomplete: true, keep: true } as const;

const RESPONSES = knownOptions<ResponsesOptions>("the options of a response", {
  ...UNARY_NAMES,
  ...CONVERSATION_NAMES,
  ...READING_NAMES,
  ...BACKGROUND_NAMES,
  compression: true,
  carrier: true,
});

/** @throws {@link BuildError} An option is unknown, or a name is not one that it knows. */
export function checkResponsesOptions(options: ResponsesOptions): void {
  RESPONSES(options);
  checkedCarrier(options.carrier ?? "http");
  oneOf("compression", options.compression ?? "none", COMPRESSIONS);
  checkReading(options);
}

/** @throws {@link BuildError} */
export function checkReading({ incomplete }: StreamOptions): void {
  oneOf("incomplete", incomplete ?? "fail", ["fail", "end"]);
}
