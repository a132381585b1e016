import { clampDelay } from "../waiting/idle-timer.ts";

export interface HeartbeatOptions {
  /** Longest wait between two pings, in milliseconds; 0 sends none, and then silence proves nothing. */
  readonly pingIntervalMs: number;
  /** Longest silence of a living peer, in milliseconds; 0 for no limit. */
  readonly livenessTimeoutMs: number;
  readonly ping: () => void;
  /** True while the peer cannot be heard: the connection is not read, or pings wait behind a message on its way out. */
  readonly isDeaf: () => boolean;
  readonly onDead: () => void;
}

/** Node may fire a timer a fraction of a millisecond early. */
const EARLY_MS = 1;

/**
 * Pings a peer and notices when it is gone. Hearing it only stores a number; one timer serves both ends, and it does not hold the process.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #pingIntervalMs: number;
  readonly #livenessTimeoutMs: number;
  #timer: NodeJS.Timeout | undefined;
  #check: NodeJS.Immediate | undefined;
  #heardAt = 0;
  #pingedAt = 0;
  /** The first ping since the peer was heard last. */
  #askedAt = 0;

  constructor(options: HeartbeatOptions) {
    const { pingIntervalMs, livenessTimeoutMs } = options;
    this.#options = options;
    this.#livenessTimeoutMs = pingIntervalMs > 0 ? livenessTimeoutMs : 0;
    // A peer must get the chance to answer before it is given up.
    this.#pingIntervalMs = livenessTimeoutMs > 0 ? Math.min(pingIntervalMs, livenessTimeoutMs / 2) : pingIntervalMs;
  }

  start(): void {
    this.#heardAt = performance.now();
    this.#pingedAt = this.#heardAt;
    this.#arm();
  }

  heard(): void {
    this.#heardAt = performance.now();
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#check);
  }

  #arm(): void {
    if (this.#pingIntervalMs <= 0) return;
    const due = Math.min(this.#pingedAt + this.#pingIntervalMs, this.#silentFrom());
    this.#timer = setTimeout(this.#tick, clampDelay(due - performance.now())).unref();
  }

  #tick = (): void => {
    if (this.#options.isDeaf()) this.heard();
    if (this.#isSilent()) {
      // What arrived while this process was busy is read before the judgement.
      this.#check = setImmediate(() => (this.#isSilent() ? this.#options.onDead() : this.#arm()));
      return;
    }
    const now = performance.now();
    if (now - this.#pingedAt >= this.#pingIntervalMs - EARLY_MS) {
      this.#pingedAt = now;
      if (!this.#isAsked()) this.#askedAt = now;
      this.#options.ping();
    }
    this.#arm();
  };

  #isSilent(): boolean {
    return performance.now() >= this.#silentFrom() - EARLY_MS;
  }

  /** A peer that was not asked, because this process was busy or stopped, has had nothing to answer. */
  #silentFrom(): number {
    const limitMs = this.#livenessTimeoutMs;
    if (limitMs <= 0 || !this.#isAsked()) return Number.POSITIVE_INFINITY;
    return Math.max(this.#heardAt + limitMs, this.#askedAt + limitMs - this.#pingIntervalMs);
  }

  #isAsked(): boolean {
    return this.#askedAt > this.#heardAt;
  }
}
