import { isUtf8 } from "node:buffer";
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import { AbortedError, TimeoutError } from "../failure/kinds.ts";
import type { HeaderMap } from "../headers.ts";
import { type Blank, blankerOf } from "../observe/redact.ts";
import { decodeRawData, type RawData, rawDataOf } from "../raw-text.ts";
import { QuietSince } from "../route/index.ts";
import { clampDelay } from "../waiting/idle-timer.ts";
import { deliverDirectly } from "./direct-data.ts";
import { breakOf, connectionClosed, NO_CLOSE_FRAME, sendError, type WebSocketEnd } from "./end.ts";
import { DEFAULT_MAX_MESSAGE_BYTES, type Established, type HandshakeOptions, sentBy, shakeHands } from "./handshake.ts";
import { Heartbeat } from "./heartbeat.ts";
import { NOT_UTF8, takeWholeMessages } from "./whole-messages.ts";

export interface Upkeep {
  /**
   * Longest time between two of our pings, in milliseconds. The pings keep proxies from closing the connection; 0 sends none.
   * @default 25 000
   */
  readonly pingIntervalMs?: number | undefined;
  /** Longest silence of a live peer, pongs included, in milliseconds; 0 for no limit. Needs pings. @default 60 000 */
  readonly livenessTimeoutMs?: number | undefined;
}

export type WebSocketOptions = Omit<HandshakeOptions, "skipsUtf8Check"> & Upkeep;

/**
 * Receives messages: text decoded, or with `rawTexts` undecoded, and several at once if they arrived together, in a list that it may keep.
 * `ended` is called once, and nothing after it. An error thrown while handling a message breaks the connection.
 */
export type WebSocketSink = {
  binary(message: Uint8Array): void;
  ended(end: WebSocketEnd): void;
} & ({ text(message: string): void; rawTexts?: undefined } | { rawTexts(messages: RawData[]): void });

export interface SendOptions {
  /** Limit until the operating system has the message, in milliseconds; 0 for no limit. @default 0 */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const DEFAULT_PING_INTERVAL_MS = 25_000;
const DEFAULT_LIVENESS_TIMEOUT_MS = 60_000;
const NORMAL_CLOSURE = 1000;
/**
 * An open WebSocket. Nothing is delivered, and no ping is answered, before `attach`. Pings are answered and the peer is watched even if no
 * message is expected. If an idle connection dies, only the sink is told.
 */
export class WebSocketConnection {
  /** Headers of the server's answer to the handshake. */
  readonly headers: HeaderMap;
  /** On the clock of `performance.now()`. */
  readonly openedAt = performance.now();
  /** Blanks the handshake's own credentials in a text of the peer, for messages. */
  readonly blank: Blank;
  readonly #websocket: WebSocket;
  readonly #socket: Socket;
  readonly #heartbeat: Heartbeat;
  readonly #maxMessageBytes: number;
  /** Each settles a call of `send` whose message the operating system does not have yet. */
  readonly #unsent = new Set<(error?: unknown) => void>();
  readonly #closeWaiters: (() => void)[] = [];
  #sink: WebSocketSink | undefined;
  #onEnded: (() => void) | undefined;
  #end: WebSocketEnd | undefined;
  /** What was received, or done with it, broke the connection. */
  #failure: Error | undefined;
  /** The first write that failed. */
  #failedSend: Error | undefined;
  /** `close` was called. */
  #isClosing = false;
  /** Also before `attach`. */
  #isPaused = true;
  #quietSince = new QuietSince();

  /** @throws The errors of {@link shakeHands}. */
  static async open(options: WebSocketOptions): Promise<WebSocketConnection> {
    return new WebSocketConnection(await shakeHands({ ...options, skipsUtf8Check: true }), options);
  }

  // Private, so that no type of `ws` becomes part of the public API: users would need its types too.
  private constructor({ websocket, socket, headers }: Established, options: WebSocketOptions) {
    const timeoutMs = options.livenessTimeoutMs ?? DEFAULT_LIVENESS_TIMEOUT_MS;
    this.headers = headers;
    this.blank = blankerOf(sentBy(options));
    this.#maxMessageBytes = options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES;
    this.#websocket = websocket;
    this.#socket = socket;
    this.#heartbeat = new Heartbeat({
      pingIntervalMs: options.pingIntervalMs ?? DEFAULT_PING_INTERVAL_MS,
      livenessTimeoutMs: timeoutMs,
      ping: () => {
        if (websocket.bufferedAmount === 0) websocket.ping();
      },
      isDeaf: () => this.#isPaused || this.#unsent.size > 0,
      onDead: () => {
        this.#finish({ by: "silence", timeoutMs });
        websocket.terminate();
      },
    });
    websocket.on("message", this.#onMessage);
    websocket.on("close", this.#onClose);
    websocket.on("error", this.#onError); // for its whole life: without a listener, an error on an idle connection ends the process
    socket.on("data", this.#onData);
    deliverDirectly(socket);
    takeWholeMessages(websocket, {
      maxMessageBytes: this.#maxMessageBytes,
      onTexts: this.#onTexts,
      onBroken: (error, closeCode) => {
        if (closeCode !== undefined) websocket.close(closeCode);
        this.#onError(error);
      },
    });
    if (websocket.readyState === websocket.CLOSED) this.#onClose(NO_CLOSE_FRAME, Buffer.alloc(0));
    else this.#heartbeat.start();
  }

  /** True if nothing can be sent any more. */
  get isClosed(): boolean {
    return this.#end !== undefined || this.#isClosing || this.#websocket.readyState !== this.#websocket.OPEN;
  }

  /**
   * True if the clock jumped since the peer was last heard, as when a machine wakes up: the path may be dead, and a ping would show that
   * only after a minute.
   */
  get isDoubtful(): boolean {
    return this.#quietSince.clockJumped();
  }

  /** Messages are delivered to `sink` from now on. */
  attach(sink: WebSocketSink): void {
    this.#sink = sink;
    if (this.#end) sink.ended(this.#end);
    else this.resume();
  }

  /** Calls `listener` once when the connection has ended, by either side; used to count open connections. */
  onEnded(listener: () => void): void {
    if (this.#end) listener();
    else this.#onEnded = listener;
  }

  /**
   * Sends a text message; resolves when the operating system has it.
   *
   * @throws {@link StreamError} The connection is closed, or broke meanwhile.
   * @throws {@link TimeoutError} The peer does not accept it. {@link AbortedError} The signal fired. After either the connection is closed,
   *   because a part of the message may have been sent.
   */
  send(message: string, { timeoutMs = 0, signal }: SendOptions = {}): Promise<void> {
    if (signal?.aborted) return Promise.reject(new AbortedError(signal.reason));
    if (this.isClosed) return Promise.reject(connectionClosed());
    return new Promise((resolve, reject) => {
      const settle = (error?: unknown): void => {
        if (!this.#unsent.delete(settle)) return;
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        this.#heartbeat.heard();
        if (error === undefined) resolve();
        else reject(error);
      };
      const giveUp = (error: unknown): void => {
        settle(error);
        this.terminate();
      };
      const onLate = () =>
        giveUp(new TimeoutError("idle timeout sending websocket request", { phase: "idle", timeoutMs }));
      const onAbort = () => giveUp(new AbortedError(signal?.reason));
      const timer = timeoutMs > 0 ? setTimeout(onLate, clampDelay(timeoutMs)) : undefined;
      this.#unsent.add(settle);
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#websocket.send(message, (error) => {
        // Node 20 reports success for a write that a reset cut off. A failed write is settled once it is known how the connection ended.
        if (!error && !this.#socket.destroyed) settle();
        else this.#failedSend ??= error;
      });
    });
  }

  /** Stops reading until `resume`; what was already read from the network is still delivered. The peer is not watched meanwhile. */
  pause(): void {
    this.#isPaused = true;
    this.#websocket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#heartbeat.heard();
    this.#websocket.resume();
  }

  /** Keeps the process alive for this connection; this is the default. */
  ref(): void {
    if (!this.#socket.destroyed) this.#socket.ref(); // of a closed one Node waits for the connect, with a listener for each call
  }

  /** Lets the process end although this connection is open. */
  unref(): void {
    if (!this.#socket.destroyed) this.#socket.unref();
  }

  /** Sends a close frame and waits, at most 2 s, for the peer's; messages that arrive meanwhile are dropped. */
  close(): Promise<void> {
    if (this.#websocket.readyState === this.#websocket.CLOSED) return Promise.resolve();
    return new Promise((resolve) => {
      this.#closeWaiters.push(resolve);
      this.#isClosing = true;
      this.#finish({ by: "us" });
      this.resume(); // the peer's close frame must be read
      this.#websocket.close(NORMAL_CLOSURE);
    });
  }

  /** Ends the connection at once. */
  terminate(): void {
    this.#finish({ by: "us" });
    this.#websocket.terminate();
  }

  #onMessage = (data: Buffer | ArrayBuffer | Buffer[], isBinary: boolean): void => {
    const bytes = data as Buffer; // ws gives only this type while its `binaryType` is the default
    if (isBinary) this.#deliver((sink) => sink.binary(bytes));
    else if (isUtf8(bytes)) this.#onTexts([rawDataOf(bytes)]);
    else this.#onError(new Error(NOT_UTF8));
  };

  #onTexts = (messages: RawData[]): void => {
    this.#deliver((sink) => {
      if (sink.rawTexts) sink.rawTexts(messages);
      else for (const message of messages) if (!this.#end) sink.text(decodeRawData(message));
    });
  };

  #deliver(to: (sink: WebSocketSink) => void): void {
    if (this.#end || !this.#sink) return;
    try {
      to(this.#sink);
    } catch (error) {
      // Thrown into ws it would end the process, and waiting calls would never return.
      this.#onError(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** After ws has read the bytes: any byte is a sign of life, including parts of a large message. */
  #onData = (): void => {
    this.#heartbeat.heard();
    this.#quietSince = new QuietSince();
    // The peer sent a close frame, and ws has answered: waiting calls should know now, not when the peer closes the socket.
    if (this.#websocket.readyState === this.#websocket.CLOSING && !this.#isClosing) this.#websocket.terminate();
  };

  #onError = (error: Error): void => {
    this.#failure = breakOf(error, this.#maxMessageBytes);
    this.#websocket.terminate();
  };

  #onClose = (code: number, reason: Buffer): void => {
    const error = this.#failure ?? this.#socket.errored ?? undefined;
    const hasCloseFrame = code !== NO_CLOSE_FRAME && !this.#failure;
    this.#finish(
      hasCloseFrame ? { by: "peer", code, reason: this.blank(reason.toString()) } : { by: "network", error },
    );
    for (const settle of [...this.#unsent]) settle(sendError(this.#failedSend ?? error));
    for (const resolve of this.#closeWaiters.splice(0)) resolve();
  };

  #finish(end: WebSocketEnd): void {
    if (this.#end) return;
    this.#end = end;
    this.#heartbeat.stop();
    this.#onEnded?.();
    this.#sink?.ended(end);
  }
}
