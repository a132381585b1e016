import { AbortedError, LimitError } from "../../../client/failure/kinds.ts";

export interface OutboxOptions {
  /** Sends a message; resolves when the network has accepted it. */
  readonly send: (message: string) => Promise<void>;
  /** When the network is too slow, drop the oldest waiting audio. Otherwise senders wait. */
  readonly dropOldestAudio: boolean;
  readonly onDrop: () => void;
}

export interface OutgoingMessage {
  readonly text: string;
  readonly isAudio: boolean;
  readonly signal?: AbortSignal | undefined;
}

interface Waiting {
  readonly message: OutgoingMessage;
  resolve(): void;
  reject(error: unknown): void;
}

/** Messages being sent and not yet accepted by the network; the Rust client's command queue. */
const MOST_UNDER_WAY = 32;
/** Audio messages that may wait before the oldest is dropped; the Rust client's audio queue. */
const MOST_WAITING_AUDIO = 256;
/** Total size that may wait, in characters: a caller that does not await `send` must not fill the memory. */
const MOST_WAITING_SIZE = 16 * 1024 * 1024;

/** Keeps messages in order, and makes senders wait while the network is slow. */
export class Outbox {
  readonly #options: OutboxOptions;
  #waiting: Waiting[] = [];
  #waitingSize = 0;
  #underWay = 0;
  #closed: unknown;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the operating system has the message, or when it was dropped.
   *
   * @throws {@link AbortedError} The signal fired while the message waited; it is not sent. {@link LimitError} 16 MiB are waiting already.
   */
  send(message: OutgoingMessage): Promise<void> {
    const { signal, text } = message;
    if (signal?.aborted) return Promise.reject(new AbortedError(signal.reason));
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    if (this.#underWay < MOST_UNDER_WAY && this.#waiting.length === 0) return this.#dispatch(text);
    if (this.#waitingSize + text.length > MOST_WAITING_SIZE) {
      return Promise.reject(
        new LimitError(
          `failed to send realtime request: ${this.#waitingSize} characters wait to be sent already; wait for what each call returns before the next one`,
          { what: "messages that wait", limit: MOST_WAITING_SIZE, unit: "characters" },
        ),
      );
    }
    return this.#wait(message);
  }

  /** Rejects waiting messages and all later ones with `error`. */
  close(error: unknown): void {
    this.#closed ??= error;
    for (const waiting of this.#takeAll()) waiting.reject(this.#closed);
  }

  async #dispatch(text: string): Promise<void> {
    this.#underWay += 1;
    try {
      await this.#options.send(text);
    } finally {
      this.#underWay -= 1;
      this.#next();
    }
  }

  #next(): void {
    const waiting = this.#underWay < MOST_UNDER_WAY ? this.#waiting[0] : undefined;
    if (!waiting) return;
    this.#remove(waiting);
    this.#dispatch(waiting.message.text).then(waiting.resolve, waiting.reject);
  }

  #wait(message: OutgoingMessage): Promise<void> {
    const { signal } = message;
    return new Promise((resolve, reject) => {
      const settled = (): void => signal?.removeEventListener("abort", onAbort);
      const waiting: Waiting = {
        message,
        resolve: () => {
          settled();
          resolve();
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      };
      const onAbort = (): void => {
        // A message that is already being sent cannot be taken back.
        if (this.#remove(waiting)) waiting.reject(new AbortedError(signal?.reason));
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiting.push(waiting);
      this.#waitingSize += message.text.length;
      if (message.isAudio && this.#options.dropOldestAudio) this.#makeRoom();
    });
  }

  #makeRoom(): void {
    const audio = this.#waiting.filter(({ message }) => message.isAudio);
    const oldest = audio.length > MOST_WAITING_AUDIO ? audio[0] : undefined;
    if (!oldest) return;
    this.#remove(oldest);
    this.#options.onDrop();
    oldest.resolve();
  }

  #remove(waiting: Waiting): boolean {
    const at = this.#waiting.indexOf(waiting);
    if (at === -1) return false;
    this.#waiting.splice(at, 1);
    this.#waitingSize -= waiting.message.text.length;
    return true;
  }

  #takeAll(): Waiting[] {
    const all = this.#waiting;
    this.#waiting = [];
    this.#waitingSize = 0;
    return all;
  }
}
