import { COMPRESSIONS, type Compression } from "../../client/compression.ts";
import { knownOptions, oneOf } from "../../client/options.ts";
import {
  CONVERSATION_NAMES,
  type ConversationOptions,
  UNARY_NAMES,
  type UnaryOptions,
} from "../service/call-options.ts";
import { BACKGROUND_NAMES, type BackgroundOptions } from "./background/options.ts";

/** How a response is read, on every carrier. */
export interface StreamOptions {
  /**
   * Also yield wire events that no event type covers, as `wire`. Every event is then parsed in full, which costs CPU time.
   * @default `false`
   */
  readonly wireEvents?: boolean | undefined;
  /**
   * Also give each event its JSON text as received, as `raw`. Every event is then parsed in full, which costs CPU time.
   * @default `false`
   */
  readonly raw?: boolean | undefined;
  /**
   * Also yield every wire event unchanged, as `frame`, before the typed events it yields; for programs that forward the stream. Deltas are
   * only yielded as frames, and texts in progress are not kept. `end`: only the event that ends the response, whose `response` is whole;
   * everything else is as without the option.
   * @default `false`
   */
  readonly frames?: boolean | "end" | undefined;
  /** What an incomplete response is: an error (`fail`), or a normal end with the event `incomplete` (`end`). @default `"fail"` */
  readonly incomplete?: "fail" | "end" | undefined;
  /**
   * Keep finished items and the text in progress, up to 64 MiB, for `collect()` and for the `partial` of errors. With `false` nothing is
   * kept, and `collect()` throws a `build` error.
   * @default `true`
   */
  readonly keep?: boolean | undefined;
}

/** Picks this group of options out of the options of a call. */
export function streamOptionsOf({ wireEvents, raw, frames, incomplete, keep }: StreamOptions): StreamOptions {
  return { wireEvents, raw, frames, incomplete, keep };
}

/** Options of one response. */
export interface ResponsesOptions extends UnaryOptions, ConversationOptions, StreamOptions, BackgroundOptions {
  /** Coding of the body of an HTTP request. @default the provider's */
  readonly compression?: Compression | undefined;
  /**
   * `http`. `websocket`: a new connection for this one response. `auto`: a WebSocket if the provider supports it (`supportsWebSockets`),
   * and HTTP if none can be opened. For a conversation, a session is cheaper.
   * @default `"http"`
   */
  readonly carrier?: CarrierChoice | undefined;
}

const CARRIERS = ["auto", "websocket", "http"] as const;

/** How a request may be sent. */
export type CarrierChoice = (typeof CARRIERS)[number];

/** @throws {@link BuildError} The value is invalid. */
export function checkedCarrier(carrier: CarrierChoice): CarrierChoice {
  return oneOf("carrier", carrier, CARRIERS);
}

/** For option checks that extend this one. */
export const READING_NAMES = { wireEvents: true, raw: true, frames: true, incomplete: true, keep: true } as const;

const RESPONSES = knownOptions<ResponsesOptions>("the options of a response", {
  ...UNARY_NAMES,
  ...CONVERSATION_NAMES,
  ...READING_NAMES,
  ...BACKGROUND_NAMES,
  compression: true,
  carrier: true,
});

/** @throws {@link BuildError} An option is unknown, or an option has an unknown value. */
export function checkResponsesOptions(options: ResponsesOptions): void {
  RESPONSES(options);
  checkedCarrier(options.carrier ?? "http");
  oneOf("compression", options.compression ?? "none", COMPRESSIONS);
  checkReading(options);
}

/** @throws {@link BuildError} `incomplete` or `frames` is invalid. */
export function checkReading({ incomplete, frames }: StreamOptions): void {
  oneOf("frames", String(frames ?? false), ["true", "false", "end"]);
  oneOf("incomplete", incomplete ?? "fail", ["fail", "end"]);
}
