import type { RecordedRequest } from "./recording.ts";

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

/**
 * What happens to one request instead of the ordinary. Every field is optional and they combine: one that says *what* is
 * sent, one that says *how it ends*, any that say *how it travels*. An empty step is the ordinary answer.
 *
 * Counts of events begin with `response.created`; a count past the last event means "after the last". On a WebSocket each
 * `response.create` frame is one request, on a realtime one each message. With `status`, `events`, `raw` or `frames` the
 * request is not checked.
 */
export interface Step extends StepAnswer {
  // What is sent.

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

const ORDINARY: Step = {};

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

  async next(request: RecordedRequest): Promise<Step> {
    if (this.#decide) return (await this.#decide(request)) ?? ORDINARY;
    return (request.kind === "handshake" ? this.#handshakes : this.#requests).shift() ?? ORDINARY;
  }
}
