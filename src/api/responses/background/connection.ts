import type { RawData } from "../../../client/raw-text.ts";
import type { Carrier } from "../ending.ts";
import type { EventReceiver } from "../event-stream.ts";

/** Receives what one connection after another brings. */
export interface ConnectionOwner {
  readonly isOver: boolean;
  opened(preliminary: Parameters<EventReceiver["open"]>[0]): void;
  expectEvents(): void;
  /** @returns True if the event is new. */
  take(raw: RawData, isUnfinished: boolean): boolean;
  took(size: number): void;
  broke(error: unknown): void;
}

/** One connection that brings events of a background response. After it breaks, nothing more is taken from it. */
export class StreamConnection implements EventReceiver {
  readonly body: Carrier;
  /** True once it has brought a new event. */
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

  /** The connection broke, or it brought something that cannot be read. */
  fail(error: unknown): void {
    if (this.isOver) return;
    this.#isOver = true;
    this.body.cancel();
    this.#owner.broke(error);
  }
}
