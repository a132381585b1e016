import type { Socket } from "node:net";
import type { buildConnector, Client, Dispatcher } from "undici";
import { MAX_HEAD_BYTES } from "../headers.ts";
import { QuietSince, watchPath } from "../route/index.ts";
import { IdleTimer } from "../waiting/idle-timer.ts";
import { readDirectly, type SocketReads } from "./direct-reads.ts";

type Handler = Dispatcher.DispatchHandler;

/** undici's own default. */
const BODY_TIMEOUT_MS = 300_000;

/**
 * An undici `Client` for undici's own readers (`fetch`, `request`). When they pause, undici pauses its parser, and then aborts the process
 * with an assertion if a connection that is not kept ends meanwhile (nodejs/undici#5360). Here the socket is held instead. What undici has
 * already taken from it still arrives, even the end, and is queued by the reader. The time-out of a silent body, which a pause suspends, is
 * kept here too. A connection carries one request at a time, so a pause affects only that request.
 */
export function newHoldingClient(
  { Client: UndiciClient, errors }: typeof import("undici"),
  origin: string | URL,
  { connect }: { readonly connect: buildConnector.connector },
): Client {
  let socket: Socket | undefined;
  let reads: SocketReads | undefined;
  let quietSince: QuietSince | undefined;
  const client = new UndiciClient(origin, {
    pipelining: 1,
    maxHeaderSize: MAX_HEAD_BYTES,
    connect: (target, callback) =>
      connect(target, (...result) => {
        [, socket] = result as [Error | null, Socket | undefined];
        quietSince = undefined;
        reads = socket && readDirectly(socket);
        callback(...result);
      }),
  });
  const dispatch = client.dispatch.bind(client);
  client.dispatch = (request, handler) => {
    const timeoutMs = request.bodyTimeout ?? BODY_TIMEOUT_MS;
    // undici opens a new connection to replace it.
    if (quietSince?.isDoubtful()) socket?.destroy();
    const holding = new HoldingHandler(handler, {
      reads: () => reads,
      timeoutMs,
      timedOut: () => new errors.BodyTimeoutError(),
      watch: () => (socket ? watchPath(socket, (error) => socket?.destroy(error)) : undefined),
      onOver: () => {
        quietSince = new QuietSince();
      },
    });
    return dispatch({ ...request, origin, bodyTimeout: 0 }, holding);
  };
  return client;
}

interface HeldConnection {
  readonly reads: () => SocketReads | undefined;
  /** Longest silence within a body, in milliseconds. */
  readonly timeoutMs: number;
  readonly timedOut: () => Error;
  /** Starts watching the connection; the returned function ends the watch. */
  readonly watch: () => (() => void) | undefined;
  /** The request is finished or failed. */
  readonly onOver: () => void;
}

/** In undici's older handler form: a pool passes every handler to its clients in that form. */
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
      if (this.#isOver) return; // the connection may be used by another request by now
      this.#silence.start();
      this.#reads?.release();
    };
    const goesOn = this.#handler.onHeaders?.(status, headers, resume, statusText);
    this.#stopWatching?.();
    if (status < 200) return true; // undici's fetch returns false for these, and undici continues
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

  /** undici is always told to continue. */
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
    this.#reads?.release(); // for the next request on the connection
  }
}
