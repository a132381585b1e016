import type { Fields } from "../fields.ts";
import type { RecordedRequest } from "../journal/recording.ts";
import type { Draft } from "../model/draft.ts";
import type { Directions } from "../responses/events/generation.ts";
import type { Pace } from "./pace.ts";

/** Chunks or events of a step: a list, or an async generator that waits for whatever the test decides. */
export type StepItems<T> = Iterable<T> | AsyncIterable<T>;

/** Header values; a list sends the header more than once, `undefined` takes one of the emulator's own away. */
export type StepHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A whole HTTP answer. */
export interface StepAnswer {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: StepHeaders;
  /** A string or bytes go as they are; anything else as JSON. Default: no body. */
  readonly body?: unknown;
}

/** An answer whose JSON is there already. */
export function jsonAnswer(json: string, headers: StepHeaders = {}): StepAnswer {
  return { headers: { "content-type": "application/json", ...headers }, body: json };
}

/** A call of one of the client's tools: of a function with `arguments` (a string goes as it is), of a custom tool with `input`. */
export type CalledTool = { readonly name: string; readonly namespace?: string } & (
  | { readonly arguments: unknown; readonly input?: undefined }
  | { readonly input: string; readonly arguments?: undefined }
);

/**
 * What happens to one request instead of the ordinary. Every field is optional and they combine: one that says *what* is
 * sent, one that says *how it ends*, any that say *how it travels*. An empty step is the ordinary answer.
 *
 * Counts of events begin with `response.created`; a count past the last event means "after the last". On a WebSocket each
 * `response.create` frame is one request, on a realtime one each message. With `status`, `events`, `raw` or `frames` the
 * request is not checked.
 */
export interface Step extends StepAnswer {
  // What the model says. The request is checked as ever, and the events are the service's own.

  /** The answer's text. */
  readonly answer?: string;
  /** Calls of the client's tools, all at once. */
  readonly toolCalls?: readonly CalledTool[];
  /** A refusal instead of an answer. */
  readonly refusal?: string;
  /** A summary of reasoning before all else. */
  readonly reasoning?: string;
  /** Output items of any type, sent whole, after the reasoning and before the answer. */
  readonly items?: readonly Fields[];
  /** The response ends as `response.incomplete` with this reason, for example `content_filter`. */
  readonly incomplete?: string;
  /** The response ends as `response.failed` with this error. */
  readonly failed?: { readonly code: string; readonly message: string };
  /** How fast it is written. Default: as the emulator's `pace`. */
  readonly pace?: Pace;

  // What is sent instead of that.

  /** Instead of the model: an answer with this status, `headers` and `body`; on a WebSocket an `error` frame with them. */
  readonly status?: number;
  /** Added to the answer's own headers. */
  readonly headers?: StepHeaders;
  /** Instead of the model's events: any JSON values, framed as the carrier does. */
  readonly events?: StepItems<unknown>;
  /** Instead of framed events: bytes as they are, each chunk flushed alone; on a WebSocket they go beneath its framing. */
  readonly raw?: string | Uint8Array | StepItems<string | Uint8Array>;
  /** WebSocket only, instead of framed events: a string is a text frame, bytes are a binary one. */
  readonly frames?: StepItems<string | Uint8Array>;

  // How it ends. Without one of these the body is finished properly and a WebSocket stays open.

  /** The connection is reset (RST) before any answer. */
  readonly resetBeforeHeaders?: boolean;
  /** No answer until the client leaves or the emulator closes. */
  readonly stallBeforeHeaders?: boolean;
  /** The connection is reset (RST) after so many events or chunks. */
  readonly resetAfterEvents?: number;
  /** The connection is closed (FIN) with the body unfinished, or without a close frame, after so many events or chunks. */
  readonly terminateAfterEvents?: number;
  /** The body is finished, or the WebSocket closed with `close`, after so many events or chunks. */
  readonly endAfterEvents?: number;
  /** Nothing more comes after so many events or chunks; the connection stays open until somebody closes it. */
  readonly stallAfterEvents?: number;
  /** WebSocket only: the close frame of `endAfterEvents`, which it implies after the last event. Default 1000. */
  readonly close?: { readonly code: number; readonly reason?: string };

  // How it travels.

  /** Sends an SSE comment, or a WebSocket ping, every so many milliseconds while the answer lasts. */
  readonly keepAliveEveryMs?: number;
  /** Cuts the answer into packets of so many bytes: HTTP chunks, or fragments of a WebSocket message. */
  readonly chunkBytes?: number;

  // A WebSocket handshake. A step with one of these is for handshakes alone.

  /** The handshake is answered so (for example status 426), is never answered, or its connection is reset. */
  readonly refuse?: StepAnswer | "stall" | "reset";
  /** The handshake is accepted with more headers; `silent`: pings are never answered. */
  readonly accept?: { readonly headers?: Readonly<Record<string, string>>; readonly silent?: boolean };
}

/**
 * A list is used up in order: each request takes the first step left that has neither `refuse` nor `accept`, each
 * WebSocket handshake the first one left that has; when none is left all is ordinary. A function decides each time, may
 * take its time about it, and sees handshakes too (`request.kind`).
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

/** What a step says about the model's answer; nothing of it leaves the model its own. */
export function directionsOf(step: Step): Directions {
  const { incomplete, failed } = step;
  const ending = failed
    ? ({ status: "failed", error: failed } as const)
    : incomplete === undefined
      ? undefined
      : ({ status: "incomplete", reason: incomplete } as const);
  return { drafts: draftsOf(step), ending };
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

/** Whether a step says what is sent in place of the service's own events. */
export function isScripted({ events, raw, frames }: Step): boolean {
  return events !== undefined || raw !== undefined || frames !== undefined;
}

const FAULTS: readonly (keyof Step)[] = [
  ...(["resetAfterEvents", "terminateAfterEvents", "endAfterEvents", "stallAfterEvents", "close"] as const),
  ...(["keepAliveEveryMs", "chunkBytes"] as const),
];

/** Whether a step lets the answer travel and end as usual. */
export function travelsAsUsual(step: Step): boolean {
  return !isScripted(step) && FAULTS.every((name) => step[name] === undefined);
}

/** A script, asked for one step after another. */
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
