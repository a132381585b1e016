/** Something that can be ended from outside. */
export interface Ender {
  end(): void | Promise<void>;
}

/** What somebody has opened and not closed yet, connections that are being dialled included: the owner can end all of it. */
export class OpenSockets {
  readonly #open = new Set<Ender>();
  /** Of those that this one belongs to: ending them all ends these too. */
  readonly #parent: OpenSockets | undefined;
  #isClosed = false;

  constructor(parent?: OpenSockets) {
    this.#parent = parent;
  }

  get isClosed(): boolean {
    return this.#isClosed || (this.#parent?.isClosed ?? false);
  }

  add(ender: Ender): void {
    this.#open.add(ender);
    this.#parent?.add(ender);
  }

  delete(ender: Ender): void {
    this.#open.delete(ender);
    this.#parent?.delete(ender);
  }

  /** Ends all of them, for good. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#open].map((ender) => ender.end()));
  }
}
