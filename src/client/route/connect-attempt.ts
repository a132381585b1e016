import type { LookupFunction, Socket } from "node:net";
import { TimeoutError } from "../failure/kinds.ts";
import { callQuietly } from "../observe/log.ts";
import { milliseconds } from "../options.ts";
import { unlessInterrupted } from "../waiting/interruptible.ts";
import { adviceFor, type ConnectStep, describePeer, type Peer } from "./peer.ts";
import { silentProxy } from "./tunnel/refusal.ts";

export interface ConnectLimits {
  /** DNS, TCP, proxy and TLS together, in milliseconds. Default 15 000; 0 sets no limit. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Resolves the target's name, in place of the dialer's own. Not through a proxy that does so itself. */
  readonly lookup?: LookupFunction | undefined;
  /** Hears of each step as it begins, for diagnosis; what it throws is ignored. */
  readonly onStep?: ((step: ConnectStep, peer: Peer) => void) | undefined;
}

/** DNS, TCP, proxy and TLS together, where nothing else is given. */
export const DEFAULT_CONNECT_TIMEOUT_MS = 15_000;

/** What one attempt at a connection is doing, and what it holds open. */
export class ConnectAttempt {
  readonly timeoutMs: number;
  readonly #sockets: Socket[] = [];
  readonly #onStep: ConnectLimits["onStep"];
  #isOver = false;
  #step: ConnectStep = "dns lookup";
  #peer: Peer;
  /** What had been received when the step began. */
  #bytesBefore = 0;

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
    this.#bytesBefore = this.#bytesReceived();
    callQuietly(() => this.#onStep?.(step, peer)); // it may be called from an event of the socket, where a throw ends the process
  }

  /** The attempt closes `socket` when it fails. */
  own(socket: Socket): void {
    // A reset between two steps, or before the new owner listens, must not crash the process; the waiting side sees the close.
    socket.on("error", ignore);
    this.#sockets.push(socket);
  }

  abandon(): void {
    this.#isOver = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /**
   * What an attempt that took too long failed of. A peer that took the connection and then said nothing at all will not speak the next time:
   * a server without TLS on that port, a proxy of another kind. That is final, where a slow one may be quicker.
   *
   * @param silenceHint - What else can make a TLS handshake a silence.
   */
  lateError(silenceHint?: string): TimeoutError {
    const step = this.#step;
    const peer = this.#peer;
    const advice = adviceFor(step, peer);
    const isSilent = this.#bytesReceived() === this.#bytesBefore;
    if (isSilent && step === "proxy handshake" && peer.role === "proxy") {
      return silentProxy(peer, this.timeoutMs, advice);
    }
    if (isSilent && step === "tls handshake") {
      const hint = silenceHint === undefined ? "" : ` ${silenceHint}`;
      return new TimeoutError(
        `${describePeer(peer)} took the connection and answered nothing to the TLS handshake within ${this.timeoutMs} ms; ${advice}, or allow more time with connectTimeoutMs.${hint}`,
        { phase: "connect", timeoutMs: this.timeoutMs, outlook: "never" },
      );
    }
    return new TimeoutError(
      `no connection within ${this.timeoutMs} ms: the ${step} with ${describePeer(peer)} did not finish; ${advice}, or allow more time with connectTimeoutMs`,
      { phase: "connect", timeoutMs: this.timeoutMs },
    );
  }

  #bytesReceived(): number {
    return this.#sockets.reduce((sum, { bytesRead }) => sum + bytesRead, 0);
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
  silenceHint?: () => string | undefined,
): Promise<T> {
  const { signal, timeoutMs = DEFAULT_CONNECT_TIMEOUT_MS } = limits;
  milliseconds("timeoutMs", timeoutMs);
  const attempt = new ConnectAttempt(target, timeoutMs, limits.onStep);
  const lateError = () => attempt.lateError(silenceHint?.());
  try {
    return await unlessInterrupted({ signal, timeoutMs, lateError }, () => connect(attempt));
  } catch (error) {
    attempt.abandon();
    throw error;
  }
}

function ignore(): void {}
