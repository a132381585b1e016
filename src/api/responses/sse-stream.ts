import { AbortedError, StreamError, TimeoutError } from "../../client/errors.ts";
import { IdleTimer } from "../../client/idle-timer.ts";
import type { Logger } from "../../client/log.ts";
import { PushQueue } from "../../client/push-queue.ts";
import { SseDecoder } from "../../client/sse/index.ts";
import type { Telemetry } from "../../client/telemetry.ts";
import type { HttpStreamResponse } from "../../client/transport.ts";
import { header } from "../headers.ts";
import { notAnEventStream } from "./answer-check.ts";
import type { ResponseEvent } from "./events.ts";
import { preliminaryEvents } from "./preliminary.ts";
import { ResponseReader } from "./reader.ts";
import { ResponseStream } from "./stream.ts";
import type { TurnState } from "./turn-state.ts";

export interface SseStreamOptions {
  readonly idleTimeoutMs: number;
  readonly livenessTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly wireEvents?: boolean | undefined;
  readonly turnState?: TurnState | undefined;
  readonly telemetry?: Telemetry | undefined;
  readonly logger: Logger;
}

/** Bytes taken from the socket and not yet read by the caller, before the socket is paused. */
const BACKLOG_BYTES = 1024 * 1024;
/** How long the end of a body is waited for after the terminal event, so that its connection can be kept. */
const DRAIN_MS = 250;

/**
 * A response body as a {@link ResponseStream}.
 *
 * Two timers watch it while it is read. Progress: no event for `idleTimeoutMs`; comments do not count, so a server that only keeps the
 * connection alive is cut in the end. Liveness: no byte for `livenessTimeoutMs`, once the server has sent a comment and so shown that
 * it keeps its connections alive; a server that never does may think in silence.
 */
export function openSseStream(response: HttpStreamResponse, options: SseStreamOptions): ResponseStream {
  const pump = new SsePump(response, options);
  return new ResponseStream(pump.queue, response);
}

class SsePump {
  readonly queue = new PushQueue<ResponseEvent>();
  readonly #response: HttpStreamResponse;
  readonly #options: SseStreamOptions;
  readonly #reader: ResponseReader;
  readonly #frames: SseDecoder;
  readonly #progress: IdleTimer;
  readonly #liveness: IdleTimer;
  #keepsAlive = false;
  #backlogBytes = 0;
  #paused = false;
  #over = false;

  constructor(response: HttpStreamResponse, options: SseStreamOptions) {
    this.#response = response;
    this.#options = options;
    this.#reader = new ResponseReader({
      carrier: "sse",
      emit: (event) => this.queue.push(event),
      complete: () => this.#complete(),
      fail: (error) => this.#fail(error),
      wireEvents: options.wireEvents ?? false,
      turnState: options.turnState,
      telemetry: options.telemetry,
      logger: options.logger,
    });
    this.#frames = new SseDecoder({
      onEvent: (event) => {
        this.#progress.touch();
        if (!this.#over) this.#reader.read(event.data);
      },
      onComment: () => {
        if (this.#keepsAlive || this.#over) return;
        this.#keepsAlive = true;
        this.#liveness.start();
      },
    });
    this.#progress = new IdleTimer(options.idleTimeoutMs, () =>
      this.#late("idle timeout waiting for SSE", options.idleTimeoutMs),
    );
    this.#liveness = new IdleTimer(options.livenessTimeoutMs, () =>
      this.#late("the connection is dead: not even a keep-alive arrived", options.livenessTimeoutMs),
    );
    this.queue.onEmpty = () => this.#resume();
    this.queue.onLeave = () => {
      this.#stop();
      response.body.cancel();
    };
    this.#start();
  }

  #start(): void {
    const { signal, turnState } = this.#options;
    const { headers, body } = this.#response;
    turnState?.set(headers[header.turnState]);
    for (const event of preliminaryEvents(headers)) this.queue.push(event);
    if (signal?.aborted) {
      this.#onAbort();
      return;
    }
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    const refusal = notAnEventStream(this.#response);
    if (refusal) {
      refusal.then((error) => this.#fail(error));
      return;
    }
    this.#progress.start();
    body.pipe({
      chunk: (bytes) => this.#chunk(bytes),
      end: () => this.#end(),
      fail: (error) => this.#fail(error),
    });
  }

  #chunk(bytes: Uint8Array): void {
    if (this.#over) return;
    this.#liveness.touch();
    try {
      this.#frames.feed(bytes);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.queue.length === 0) return;
    this.#backlogBytes += bytes.length;
    if (this.#backlogBytes > BACKLOG_BYTES) this.#pause();
  }

  #end(): void {
    if (this.#over) return;
    const unfinished = this.#frames.end();
    if (unfinished) this.#reader.readUnfinished(unfinished.data);
    if (!this.#over) this.#fail(new StreamError("stream closed before response.completed"));
  }

  /** Silence is no fault while it is the caller who does not read. */
  #pause(): void {
    if (this.#paused || this.#over) return;
    this.#paused = true;
    this.#response.body.pause();
    this.#progress.stop();
    this.#liveness.stop();
  }

  #resume(): void {
    this.#backlogBytes = 0;
    if (!this.#paused || this.#over) return;
    this.#paused = false;
    this.#progress.start();
    if (this.#keepsAlive) this.#liveness.start();
    this.#response.body.resume();
  }

  #complete(): void {
    this.#stop();
    this.queue.end();
    // The body usually ends with the terminal event; reading that end lets the connection serve the next request.
    setTimeout(() => this.#response.body.cancel(), DRAIN_MS).unref();
  }

  #late(what: string, timeoutMs: number): void {
    this.#fail(new TimeoutError(what, { phase: "idle", timeoutMs }));
  }

  #onAbort = (): void => {
    if (this.#over) return;
    this.#stop();
    this.#response.body.cancel();
    this.queue.cut(new AbortedError(this.#options.signal?.reason));
  };

  #fail(error: unknown): void {
    if (this.#over) return;
    if (error instanceof AbortedError) {
      this.#onAbort();
      return;
    }
    this.#stop();
    this.#response.body.cancel();
    this.queue.fail(error);
  }

  #stop(): void {
    this.#over = true;
    this.#progress.stop();
    this.#liveness.stop();
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
  }
}
