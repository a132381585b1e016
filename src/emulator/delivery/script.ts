import type { Fields } from "../fields.ts";
import type { RecordedRequest } from "../journal/recorded-request.ts";
import type { Draft } from "../model/draft.ts";
import type { Directions } from "../responses/events/generation.ts";
import type { Pace } from "./pace.ts";

/** Chunks or events of a step: a list, or an async generator that can wait for the test. */
export type StepItems<T> = Iterable<T> | AsyncIterable<T>;

/** Header values. A list sends the header more than once, `undefined` removes one of the emulator's own. */
export type StepHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A whole HTTP answer. */
export interface StepAnswer {
  /** @default 200 */
  readonly status?: number | undefined;
  readonly headers?: StepHeaders | undefined;
  /** A string or bytes are sent unchanged, anything else as JSON. By default there is no body. */
  readonly body?: unknown;
}

/** An answer whose JSON already exists. */
export function jsonAnswer(json: string, headers: StepHeaders = {}): StepAnswer {
  return { headers: { "content-type": "application/json", ...headers }, body: json };
}

/** A call of one of the client's tools: of a function with `arguments` (a string is sent unchanged), or of a custom tool with `input`. */
export type CalledTool = { readonly name: string; readonly namespace?: string | undefined } & (
  | { readonly arguments: unknown; readonly input?: undefined }
  | { readonly input: string; readonly arguments?: undefined }
);

/**
 * Changes what happens to one request. All fields are optional and can be combined: one that says *what* is sent, one that says *how it
 * ends*, and any that say *how it is transferred*. An empty step is the usual answer.
 *
 * Counts of events begin with `response.created`; a count larger than the number of events means "after the last". On a WebSocket each
 * `response.create` frame is one request; on a realtime WebSocket each message is. With `status`, `events`, `raw` or `frames` the request
 * is not checked.
 */
export interface Step extends StepAnswer {
  // What the model says. The request is checked as usual, and the events are those of the service.

  /** The answer's text. */
  readonly answer?: string | undefined;
  /** Calls of the client's tools, all in one answer. */
  readonly toolCalls?: readonly CalledTool[] | undefined;
  /** A refusal instead of an answer. */
  readonly refusal?: string | undefined;
  /** A reasoning summary before everything else. */
  readonly reasoning?: string | undefined;
  /**
   * Output items of any type, after the reasoning and before the answer, with the events that the service has for them: texts and arguments
   * come in deltas. Items of other types are sent whole.
   */
  readonly items?: readonly Fields[] | undefined;
  /** The response ends as `response.incomplete` with this reason, for example `content_filter`. */
  readonly incomplete?: string | undefined;
  /** The response ends as `response.failed` with this error. */
  readonly failed?: { readonly code: string; readonly message: string } | undefined;
  /** How fast it is written. @default the emulator's `pace` */
  readonly pace?: Pace | undefined;

  // What is sent instead of the model's answer.

  /** An answer with this status, `headers` and `body` instead of the model's; on a WebSocket an `error` frame with them. */
  readonly status?: number | undefined;
  /** Added to the emulator's own headers. */
  readonly headers?: StepHeaders | undefined;
  /** Any JSON values instead of the model's events, framed as usual for the carrier. */
  readonly events?: StepItems<unknown> | undefined;
  /** Raw bytes instead of framed events, each chunk flushed on its own; on a WebSocket they are sent below its framing. */
  readonly raw?: string | Uint8Array | StepItems<string | Uint8Array> | undefined;
  /** Only for WebSockets: frames instead of framed events. A string is a text frame, bytes are a binary one. */
  readonly frames?: StepItems<string | Uint8Array> | undefined;

  // How it ends. Without one of these the body ends properly and a WebSocket stays open.

  /** The connection is reset (RST) before any answer. */
  readonly resetBeforeHeaders?: boolean | undefined;
  /** No answer until the client leaves or the emulator closes. */
  readonly stallBeforeHeaders?: boolean | undefined;
  /** The connection is reset (RST) after this many events or chunks. */
  readonly resetAfterEvents?: number | undefined;
  /** The connection is closed (FIN) after this many events or chunks, with the body unfinished or without a close frame. */
  readonly terminateAfterEvents?: number | undefined;
  /** The body ends, or the WebSocket is closed with `close`, after this many events or chunks. */
  readonly endAfterEvents?: number | undefined;
  /** After this many events or chunks nothing more is sent; the connection stays open until it is closed from outside. */
  readonly stallAfterEvents?: number | undefined;
  /** Only for WebSockets: the close frame of `endAfterEvents`, which it implies after the last event. @default `{ code: 1000 }` */
  readonly close?: { readonly code: number; readonly reason?: string | undefined } | undefined;

  // How it is transferred.

  /** Sends an SSE comment, or a WebSocket ping, every this many milliseconds until the answer ends. */
  readonly keepAliveEveryMs?: number | undefined;
  /** Cuts the answer into packets of this many bytes: HTTP chunks, or fragments of a WebSocket message. */
  readonly chunkBytes?: number | undefined;

  // For a WebSocket handshake. A step with one of these applies only to handshakes.

  /** Refuses the handshake with this answer (for example status 426), never answers it, or resets its connection. */
  readonly refuse?: StepAnswer | "stall" | "reset" | undefined;
  /** Accepts the handshake with more headers; `silent`: pings are never answered. */
  readonly accept?:
    | { readonly headers?: Readonly<Record<string, string>> | undefined; readonly silent?: boolean | undefined }
    | undefined;
}

/**
 * A list is used in order: each request takes the first remaining step that has neither `refuse` nor `accept`, each WebSocket handshake the
 * first remaining one that has; after the last step everything is as usual. A function decides each time, may be async, and also gets
 * handshakes (`request.kind`).
 */
export type Script = readonly Step[] | ((request: RecordedRequest) => Step | undefined | Promise<Step | undefined>);

export const ORDINARY: Step = {};

/** A step that answers with this text. */
export function answer(text: string, more: Omit<Step, "answer"> = {}): Step {
  return { ...more, answer: text };
}

/** A step that calls these tools of the client's. */
export function toolCalls(calls: readonly CalledTool[], more: Omit<Step, "toolCalls"> = {}): Step {
  return { ...more, toolCalls: calls };
}

/** A step that refuses. */
export function refusal(text: string, more: Omit<Step, "refusal"> = {}): Step {
  return { ...more, refusal: text };
}

/** What a step says about the model's answer; what it leaves out, the model decides. */
export function directionsOf(step: Step): Directions {
  return { drafts: draftsOf(step), ending: endingOf(step) };
}

function endingOf({ incomplete, failed }: Step): Directions["ending"] {
  if (failed) return { status: "failed", error: failed };
  return incomplete === undefined ? undefined : { status: "incomplete", reason: incomplete };
}

function draftsOf({
  answer: text,
  toolCalls: calls,
  refusal: refused,
  reasoning,
  items,
}: Step): readonly Draft[] | undefined {
  const drafts: Draft[] = [];
  if (reasoning !== undefined) drafts.push({ type: "reasoning", summary: [reasoning], tokens: reasoning.length });
  for (const item of items ?? []) drafts.push({ type: "item", item });
  if (text !== undefined) drafts.push({ type: "message", text });
  if (refused !== undefined) drafts.push({ type: "refusal", refusal: refused });
  for (const call of calls ?? []) drafts.push(callOf(call));
  return drafts.length > 0 || items || calls ? drafts : undefined;
}

function callOf({ name, namespace, arguments: given, input }: CalledTool): Draft {
  const common = { name, ...(namespace !== undefined && { namespace }) };
  if (input !== undefined) return { type: "custom_tool_call", ...common, input };
  return {
    type: "function_call",
    ...common,
    arguments: typeof given === "string" ? given : JSON.stringify(given ?? {}),
  };
}

/** True if a step replaces the service's own events. */
export function isScripted({ events, raw, frames }: Step): boolean {
  return events !== undefined || raw !== undefined || frames !== undefined;
}

const FAULTS: readonly (keyof Step)[] = [
  ...(["resetAfterEvents", "terminateAfterEvents", "endAfterEvents", "stallAfterEvents", "close"] as const),
  ...(["keepAliveEveryMs", "chunkBytes"] as const),
];

/** True if the answer is transferred and ends as usual. */
export function travelsAsUsual(step: Step): boolean {
  return !isScripted(step) && FAULTS.every((name) => step[name] === undefined);
}

/** What the client of an answer is told that a function or a generator of the user's has broken. */
export function scriptFailure(error: unknown): string {
  return `the emulator's script failed: ${error instanceof Error ? error.message : String(error)}`;
}

/** A script, read step by step. */
export class ScriptReader {
  readonly #decide: Exclude<Script, readonly Step[]> | undefined;
  readonly #handshakes: Step[] = [];
  readonly #requests: Step[] = [];

  constructor(script: Script = []) {
    if (typeof script === "function") {
      this.#decide = script;
      return;
    }
    for (const step of script) (step.refuse || step.accept ? this.#handshakes : this.#requests).push(step);
  }

  next(request: RecordedRequest): ReturnType<Exclude<Script, readonly Step[]>> {
    if (this.#decide) return this.#decide(request);
    return (request.kind === "handshake" ? this.#handshakes : this.#requests).shift();
  }
}
