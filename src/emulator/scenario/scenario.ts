import type { Pace } from "../delivery/pace.ts";
import type { Step } from "../delivery/script.ts";
import type { RecordedRequest } from "../journal/recorded-request.ts";

/** A part of a text, in any letter case; or a pattern: between slashes (`/^run \w+/i`), as needed in a file, or as a `RegExp`. */
export type TextPattern = string | RegExp;

/** What a request must be like; all given conditions must hold. */
export interface Condition {
  /** Text in the newest user message of the whole conversation, even if the request itself holds only what is new. */
  readonly text?: TextPattern | undefined;
  /** Text in `instructions`, or in a system or developer message. */
  readonly instructions?: TextPattern | undefined;
  /** Name of the model; `*` matches any characters. */
  readonly model?: string | undefined;
  /** A tool of this name is declared, in `tools` or in an item. */
  readonly tool?: string | undefined;
  /** The input ends with outputs of tools, and one of them contains this text; `true`: any output. */
  readonly toolOutput?: TextPattern | true | undefined;
  /** The request's number among the requests for a response of this test, from 1. */
  readonly turn?: number | undefined;
  readonly carrier?: "http" | "websocket" | undefined;
  /** Whether it has a `previous_response_id`. */
  readonly continued?: boolean | undefined;
  /** Whether it requests a stream, over HTTP. */
  readonly stream?: boolean | undefined;
  /** The path; `*` matches any characters. Without it a rule only applies to requests for a response. */
  readonly path?: string | undefined;
  readonly method?: string | undefined;
  /** Values by lower-case name. */
  readonly headers?: Readonly<Record<string, TextPattern>> | undefined;
  /** Fields of the body: objects may have more fields, everything else must be equal. */
  readonly body?: Readonly<Record<string, unknown>> | undefined;
}

/** The answer: a step, the emulated model (`"model"`), or the result of a function. */
export type Reply = Step | "model" | ((request: RecordedRequest) => Step | "model" | Promise<Step | "model">);

/** Which requests get which answer. */
export interface Rule {
  /** Name for the journal. @default its number */
  readonly name?: string | undefined;
  /** By default every request for a response; for a rule whose replies are about handshakes, every handshake. */
  readonly when?: Condition | ((request: RecordedRequest) => boolean) | undefined;
  /** A list is a sequence: the first match gets the first entry, and the last entry is repeated. */
  readonly reply: Reply | readonly Reply[];
  /** How often it applies, in each test. By default always. */
  readonly times?: number | undefined;
}

/** Which request gets which answer; the first matching rule decides. */
export interface Scenario {
  /** A request for a response that no rule matches is refused, and the refusal says why. Otherwise the model answers. @default `false` */
  readonly strict?: boolean | undefined;
  /** How fast the model writes. @default the emulator's `pace` */
  readonly pace?: Pace | undefined;
  readonly rules: readonly Rule[];
}
