import type { RawData } from "../../../client/raw-text.ts";
import type { Carrier } from "../ending.ts";
import type { EventReceiver } from "../event-stream.ts";

/** Who reads what one connection after another brings. */
export interface ConnectionOwner {
  readonly isOver: boolean;
  opened(preliminary: Parameters<EventReceiver["open"]>[0]): void;
  expectEvents(): void;
  /** @returns Whether it was news. */
  take(raw: RawData, isUnfinished: boolean): boolean;
  took(size: number): void;
  broke(error: unknown): void;
}

/** One connection that brings events of a response in the background. Once it broke, nothing of it is heard any more. */
export class StreamConnection implements EventReceiver {
  readonly body: Carrier;
  /** It brought an event that was not there before. */
  hasBrought = false;
  readonly #owner: ConnectionOwner;
  #isOver = false;

  constructor(owner: ConnectionOwner, body: Carrier) {
    this.#owner = owner;
    this.body = body;
  }

  get isOver(): boolean {
    return this.#isOver || this.#owner.isOver;
  }

  open(preliminary: Parameters<EventReceiver["open"]>[0]): void {
    this.#owner.opened(preliminary);
  }

  expectEvents(): void {
    if (!this.isOver) this.#owner.expectEvents();
  }

  read(raw: RawData): void {
    if (!this.isOver && this.#owner.take(raw, false)) this.hasBrought = true;
  }

  readUnfinished(text: string): void {
    if (!this.isOver) this.#owner.take(Buffer.from(text), true);
  }

  took(size: number): void {
    if (!this.isOver) this.#owner.took(size);
  }

  /** It broke by itself, or what it brought cannot be gone on with. */
  fail(error: unknown): void {
    if (this.isOver) return;
    this.#isOver = true;
    this.body.cancel();
    this.#owner.broke(error);
  }
}
