import type { LookupFunction, Socket } from "node:net";
import { TimeoutError } from "../failure/kinds.ts";
import { callQuietly } from "../observe/log.ts";
import { milliseconds } from "../options.ts";
import { unlessInterrupted } from "../waiting/interruptible.ts";
import { adviceFor, type ConnectStep, describePeer, type Peer } from "./peer.ts";
import { silentProxy } from "./tunnel/refusal.ts";

export interface ConnectLimits {
  /** Limit for DNS, TCP, proxy and TLS together, in milliseconds; 0 sets no limit. @default 15 000 */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Resolves the target's name instead of the dialer's `lookup`. Not used if a proxy resolves names. @default the dialer's */
  readonly lookup?: LookupFunction | undefined;
  /** Called when each step begins, for diagnosis; errors that it throws are ignored. Not called by default. */
  readonly onStep?: ((step: ConnectStep, peer: Peer) => void) | undefined;
}

/** Limit for DNS, TCP, proxy and TLS together, in milliseconds, if no other is given. */
export const DEFAULT_CONNECT_TIMEOUT_MS = 15_000;

/** The current step of one connection attempt, and the sockets that it has opened. */
export class ConnectAttempt {
  readonly timeoutMs: number;
  readonly #sockets: Socket[] = [];
  readonly #onStep: ConnectLimits["onStep"];
  #isOver = false;
  #step: ConnectStep = "dns lookup";
  #peer: Peer;
  /** Bytes received when the step began. */
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

  /** Begins a step with a peer. Throws if the attempt is over, so that nothing more is opened. */
  enter(step: ConnectStep, peer: Peer): void {
    if (this.#isOver) throw new Error("the attempt is over"); // not seen by anyone: the attempt has been rejected
    this.#step = step;
    this.#peer = peer;
    this.#bytesBefore = this.#bytesReceived();
    callQuietly(() => this.#onStep?.(step, peer)); // this may run in a socket's event handler, where a thrown error ends the process
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
   * The error of an attempt that took too long. It is final if the peer accepted the connection and then sent nothing: a server without
   * TLS on that port, or a proxy of another kind, will not answer the next time either. A slow peer may be quicker.
   *
   * @param silenceHint - What else can leave a TLS handshake unanswered.
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
        `${describePeer(peer)} accepted the connection but did not answer the TLS handshake within ${this.timeoutMs} ms; ${advice}, or allow more time with connectTimeoutMs.${hint}`,
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
 * Runs `connect` with one time limit and one signal. If it ends without a connection, all sockets that it opened are destroyed at once and
 * no others are opened.
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
