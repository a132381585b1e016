/** Something that can be closed from outside. */
export interface Ender {
  end(): void | Promise<void>;
}

/** Everything opened and not closed yet, including connections that are being opened. Its owner can close all of it. */
export class OpenSockets {
  readonly #open = new Set<Ender>();
  /** Closing the parent closes these too. */
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

  /** Closes all of them, permanently. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#open].map((ender) => ender.end()));
  }
}
