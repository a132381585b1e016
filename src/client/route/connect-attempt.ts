import type { Socket } from "node:net";
import { TimeoutError } from "../failure/kinds.ts";
import { unlessInterrupted } from "../interruptible.ts";
import { callQuietly } from "../log.ts";
import { milliseconds } from "../options.ts";
import { adviceFor, type ConnectStep, describePeer, type Peer } from "./peer.ts";

export interface ConnectLimits {
  /** DNS, TCP, proxy and TLS together, in milliseconds. Default 15 000; 0 sets no limit. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Hears of each step as it begins, for diagnosis; what it throws is ignored. */
  readonly onStep?: ((step: ConnectStep, peer: Peer) => void) | undefined;
}

/** DNS, TCP, proxy and TLS together, where nobody says otherwise. */
export const DEFAULT_CONNECT_TIMEOUT_MS = 15_000;

/** What one attempt at a connection is doing, and what it holds open. */
export class ConnectAttempt {
  readonly timeoutMs: number;
  readonly #sockets: Socket[] = [];
  readonly #onStep: ConnectLimits["onStep"];
  #isOver = false;
  #step: ConnectStep = "dns lookup";
  #peer: Peer;

  constructor(peer: Peer, timeoutMs: number, onStep?: ConnectLimits["onStep"]) {
    this.#peer = peer;
    this.timeoutMs = timeoutMs;
    this.#onStep = onStep;
  }

  /** It ended without a connection. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Says what is waited for from now on, and with whom. Throws when the attempt is over, so that nothing more is opened. */
  enter(step: ConnectStep, peer: Peer): void {
    if (this.#isOver) throw new Error("the attempt is over"); // heard by nobody: the dial has been rejected
    this.#step = step;
    this.#peer = peer;
    callQuietly(() => this.#onStep?.(step, peer)); // it may be called from an event of the socket, where a throw ends the process
  }

  /** The attempt closes `socket` when it fails. */
  own(socket: Socket): void {
    // A reset between two steps, or before the new owner listens, must not crash the process; whoever waits sees the close.
    socket.on("error", ignore);
    this.#sockets.push(socket);
  }

  abandon(): void {
    this.#isOver = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  timeoutError(): TimeoutError {
    return new TimeoutError(
      `no connection within ${this.timeoutMs} ms: the ${this.#step} with ${describePeer(this.#peer)} did not finish; ${adviceFor(this.#step, this.#peer)}, or allow more time with connectTimeoutMs`,
      { phase: "connect", timeoutMs: this.timeoutMs },
    );
  }
}

/**
 * Runs `connect` under one time limit and one signal. However it ends without a connection, every socket it opened is destroyed at once
 * and no other is opened.
 */
export async function attemptConnection<T>(
  target: Peer,
  limits: ConnectLimits,
  connect: (attempt: ConnectAttempt) => Promise<T>,
): Promise<T> {
  const { signal, timeoutMs = DEFAULT_CONNECT_TIMEOUT_MS } = limits;
  milliseconds("timeoutMs", timeoutMs);
  const attempt = new ConnectAttempt(target, timeoutMs, limits.onStep);
  const lateError = () => attempt.timeoutError();
  try {
    return await unlessInterrupted({ signal, timeoutMs, lateError }, () => connect(attempt));
  } catch (error) {
    attempt.abandon();
    throw error;
  }
}

function ignore(): void {}
