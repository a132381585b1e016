import { clampDelay } from "../waiting/idle-timer.ts";

export interface HeartbeatOptions {
  /** Longest time between two pings, in milliseconds; 0 sends none, and then silence proves nothing. */
  readonly pingIntervalMs: number;
  /** Longest silence of a live peer, in milliseconds; 0 for no limit. */
  readonly livenessTimeoutMs: number;
  readonly ping: () => void;
  /** True while answers cannot arrive: the connection is paused, or pings wait behind a message that is being sent. */
  readonly isDeaf: () => boolean;
  readonly onDead: () => void;
}

/** Node may fire a timer a fraction of a millisecond early. */
const EARLY_MS = 1;

/**
 * Pings a peer and notices when it is gone. Each sign of life only stores a number; one timer is used for both, and it does not keep the
 * process alive.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #pingIntervalMs: number;
  readonly #livenessTimeoutMs: number;
  #timer: NodeJS.Timeout | undefined;
  #check: NodeJS.Immediate | undefined;
  #heardAt = 0;
  #pingedAt = 0;
  /** Time of the first ping since the last sign of life. */
  #askedAt = 0;

  constructor(options: HeartbeatOptions) {
    const { pingIntervalMs, livenessTimeoutMs } = options;
    this.#options = options;
    this.#livenessTimeoutMs = pingIntervalMs > 0 ? livenessTimeoutMs : 0;
    // A peer must have a chance to answer before it counts as gone.
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
      // What arrived while this process was busy is read first.
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

  /** A peer that was not pinged, because this process was busy or stopped, had nothing to answer. */
  #silentFrom(): number {
    const limitMs = this.#livenessTimeoutMs;
    if (limitMs <= 0 || !this.#isAsked()) return Number.POSITIVE_INFINITY;
    return Math.max(this.#heardAt + limitMs, this.#askedAt + limitMs - this.#pingIntervalMs);
  }

  #isAsked(): boolean {
    return this.#askedAt > this.#heardAt;
  }
}
