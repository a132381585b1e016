import type { Socket } from "node:net";
import type { buildConnector, Client, Dispatcher } from "undici";
import { MAX_HEAD_BYTES } from "../headers.ts";
import { Kept, watchPath } from "../route/index.ts";
import { IdleTimer } from "../waiting/idle-timer.ts";
import { readDirectly, type SocketReads } from "./direct-reads.ts";

type Handler = Dispatcher.DispatchHandler;

/** undici's own default. */
const BODY_TIMEOUT_MS = 300_000;

/**
 * An undici `Client` for undici's own readers (`fetch`, `request`). Where they want no more for a while, undici pauses its parser, and ends the
 * process by an assertion if the connection ends meanwhile and is not kept (nodejs/undici#5360). Here the socket is held instead: what undici has
 * taken from it already still comes, the end too where that was all, and a reader queues it. The time-out of a silent body, which a pause
 * suspends, is kept here with it. One request at a time is on a connection, so that the pause is that request's.
 */
export function newHoldingClient(
  { Client: UndiciClient, errors }: typeof import("undici"),
  origin: string | URL,
  { connect }: { readonly connect: buildConnector.connector },
): Client {
  let socket: Socket | undefined;
  let reads: SocketReads | undefined;
  let kept: Kept | undefined;
  const client = new UndiciClient(origin, {
    pipelining: 1,
    maxHeaderSize: MAX_HEAD_BYTES,
    connect: (target, callback) =>
      connect(target, (...result) => {
        [, socket] = result as [Error | null, Socket | undefined];
        kept = undefined;
        reads = socket && readDirectly(socket);
        callback(...result);
      }),
  });
  const dispatch = client.dispatch.bind(client);
  client.dispatch = (request, handler) => {
    const timeoutMs = request.bodyTimeout ?? BODY_TIMEOUT_MS;
    // undici makes a new connection in its place.
    if (kept?.isDoubtful()) socket?.destroy();
    const holding = new HoldingHandler(handler, {
      reads: () => reads,
      timeoutMs,
      timedOut: () => new errors.BodyTimeoutError(),
      watch: () => (socket ? watchPath(socket, (error) => socket?.destroy(error)) : undefined),
      onOver: () => {
        kept = new Kept();
      },
    });
    return dispatch({ ...request, origin, bodyTimeout: 0 }, holding);
  };
  return client;
}

interface HeldConnection {
  readonly reads: () => SocketReads | undefined;
  /** Longest silence within a body. */
  readonly timeoutMs: number;
  readonly timedOut: () => Error;
  /** Watches the connection until the watch is ended. */
  readonly watch: () => (() => void) | undefined;
  /** The request is done with, one way or another. */
  readonly onOver: () => void;
}

/** In undici's older form of a handler: a pool hands every handler to its clients in that form. */
class HoldingHandler implements Handler {
  readonly #handler: Handler;
  readonly #connection: HeldConnection;
  readonly #silence: IdleTimer;
  #abort: ((error: Error) => void) | undefined;
  #stopWatching: (() => void) | undefined;
  #isOver = false;

  constructor(handler: Handler, connection: HeldConnection) {
    this.#handler = handler;
    this.#connection = connection;
    this.#silence = new IdleTimer(connection.timeoutMs, () => this.#abort?.(connection.timedOut()));
  }

  get #reads(): SocketReads | undefined {
    return this.#connection.reads();
  }

  onConnect(...args: Parameters<NonNullable<Handler["onConnect"]>>): void {
    [this.#abort] = args;
    this.#reads?.expectHead();
    this.#stopWatching = this.#connection.watch();
    this.#handler.onConnect?.(...args);
  }

  onResponseStarted(): void {
    this.#handler.onResponseStarted?.();
  }

  onHeaders(status: number, headers: Buffer[], _resume: () => void, statusText: string): boolean {
    const resume = (): void => {
      if (this.#isOver) return; // the connection may be another request's by now
      this.#silence.start();
      this.#reads?.release();
    };
    const goesOn = this.#handler.onHeaders?.(status, headers, resume, statusText);
    this.#stopWatching?.();
    if (status < 200) return true; // undici's fetch says false to these, and undici goes on
    this.#silence.start();
    return this.#holdUnless(goesOn);
  }

  onData(chunk: Buffer): boolean {
    this.#silence.touch();
    return this.#holdUnless(this.#handler.onData?.(chunk));
  }

  onUpgrade(...args: Parameters<NonNullable<Handler["onUpgrade"]>>): void {
    this.#stopWatching?.();
    this.#handler.onUpgrade?.(...args);
  }

  onComplete(trailers: string[] | null): void {
    this.#end();
    this.#handler.onComplete?.(trailers);
  }

  onError(error: Error): void {
    this.#end();
    this.#handler.onError?.(error);
  }

  /** undici is told to go on in any case. */
  #holdUnless(goesOn: boolean | undefined): true {
    if (goesOn === false) {
      this.#silence.stop();
      this.#reads?.hold();
    }
    return true;
  }

  #end(): void {
    this.#isOver = true;
    this.#stopWatching?.();
    this.#connection.onOver();
    this.#silence.stop();
    this.#reads?.release(); // for the connection's next request
  }
}
