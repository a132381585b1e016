/** A map that keeps only the newest entries, up to a number. */
export class BoundedMap<Key, Value> {
  readonly #most: number;
  readonly #entries = new Map<Key, Value>();
  /** Continues from the last entry that was dropped: starting from the beginning would pass over all deleted entries each time. */
  readonly #oldest = this.#entries.entries();

  constructor(most: number) {
    this.#most = most;
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  has(key: Key): boolean {
    return this.#entries.has(key);
  }

  /** The newest entry is the one set last. @returns The entry that was dropped. */
  set(key: Key, value: Value): Value | undefined {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#most) return undefined;
    const oldest = this.#oldest.next();
    if (oldest.done) return undefined;
    this.#entries.delete(oldest.value[0]);
    return oldest.value[1];
  }

  delete(key: Key): boolean {
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  /** Oldest first. */
  keys(): IterableIterator<Key> {
    return this.#entries.keys();
  }

  /** Oldest first. */
  values(): IterableIterator<Value> {
    return this.#entries.values();
  }
}
