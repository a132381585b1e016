import type { Socket } from "node:net";
import type { buildConnector, Client, Dispatcher } from "undici";
import { IdleTimer } from "../idle-timer.ts";
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
  let reads: SocketReads | undefined;
  const client = new UndiciClient(origin, {
    pipelining: 1,
    connect: (target, callback) =>
      connect(target, (...result) => {
        const [, socket] = result;
        reads = socket ? readDirectly(socket as Socket) : undefined;
        callback(...result);
      }),
  });
  const dispatch = client.dispatch.bind(client);
  client.dispatch = (request, handler) => {
    const timeoutMs = request.bodyTimeout ?? BODY_TIMEOUT_MS;
    const holding = new HoldingHandler(
      handler,
      () => reads,
      timeoutMs,
      () => new errors.BodyTimeoutError(),
    );
    return dispatch({ ...request, bodyTimeout: 0 }, holding);
  };
  return client;
}

/** In undici's older form of a handler: a pool hands every handler to its clients in that form. */
class HoldingHandler implements Handler {
  readonly #handler: Handler;
  readonly #reads: () => SocketReads | undefined;
  readonly #silence: IdleTimer;
  #abort: ((error: Error) => void) | undefined;
  #isOver = false;

  constructor(handler: Handler, reads: () => SocketReads | undefined, timeoutMs: number, timedOut: () => Error) {
    this.#handler = handler;
    this.#reads = reads;
    this.#silence = new IdleTimer(timeoutMs, () => this.#abort?.(timedOut()));
  }

  onConnect(...args: Parameters<NonNullable<Handler["onConnect"]>>): void {
    [this.#abort] = args;
    this.#handler.onConnect?.(...args);
  }

  onResponseStarted(): void {
    this.#handler.onResponseStarted?.();
  }

  onHeaders(status: number, headers: Buffer[], _resume: () => void, statusText: string): boolean {
    const resume = (): void => {
      if (this.#isOver) return; // the connection may be another request's by now
      this.#silence.start();
      this.#reads()?.release();
    };
    const goesOn = this.#handler.onHeaders?.(status, headers, resume, statusText);
    if (status < 200) return true; // undici's fetch says false to these, and undici goes on
    this.#silence.start();
    return this.#holdUnless(goesOn);
  }

  onData(chunk: Buffer): boolean {
    this.#silence.touch();
    return this.#holdUnless(this.#handler.onData?.(chunk));
  }

  onUpgrade(...args: Parameters<NonNullable<Handler["onUpgrade"]>>): void {
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
      this.#reads()?.hold();
    }
    return true;
  }

  #end(): void {
    this.#isOver = true;
    this.#silence.stop();
    this.#reads()?.release(); // for the connection's next request
  }
}
