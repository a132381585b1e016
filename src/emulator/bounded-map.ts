/**
 * Holds a value outside the map's table, and lets go of it when its entry leaves. A map that drops as much as it takes outgrows a table
 * again and again; V8 links each old one to the next and frees them only in a full collection, with all that they point to.
 */
interface Box<Value> {
  value: Value | undefined;
}

/** A map that keeps only the newest entries, up to a number. */
export class BoundedMap<Key, Value> {
  readonly #most: number;
  readonly #entries = new Map<Key, Box<Value>>();
  /** Continues from the last entry that was dropped: starting from the beginning would pass over all deleted entries each time. */
  readonly #oldest = this.#entries.entries();

  constructor(most: number) {
    this.#most = most;
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key)?.value;
  }

  has(key: Key): boolean {
    return this.#entries.has(key);
  }

  /** The newest entry is the one set last. @returns The value that was dropped. */
  set(key: Key, value: Value): Value | undefined {
    this.delete(key);
    this.#entries.set(key, { value });
    if (this.#entries.size <= this.#most) return undefined;
    const oldest = this.#oldest.next();
    return oldest.done ? undefined : this.#take(...oldest.value);
  }

  delete(key: Key): boolean {
    const box = this.#entries.get(key);
    if (box) this.#take(key, box);
    return box !== undefined;
  }

  clear(): void {
    for (const key of this.#entries.keys()) this.delete(key);
  }

  /** Oldest first. */
  keys(): IterableIterator<Key> {
    return this.#entries.keys();
  }

  /** Oldest first. */
  *values(): Generator<Value, void> {
    for (const { value } of this.#entries.values()) if (value !== undefined) yield value;
  }

  #take(key: Key, box: Box<Value>): Value | undefined {
    const { value } = box;
    this.#entries.delete(key);
    box.value = undefined;
    return value;
  }
}
