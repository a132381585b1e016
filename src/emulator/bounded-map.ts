/**
 * Holds a value outside the map's table, and lets go of it when its entry leaves. A map that drops as much as it takes outgrows a table
 * again and again; V8 links each old one to the next and frees them only in a full collection, with all that they point to.
 */
interface Box<Value> {
  value: Value | undefined;
  readonly size: number;
}

/** How large all entries may be together, in any unit. */
interface SizeLimit<Value> {
  readonly most: number;
  sizeOf(value: Value): number;
}

/** A map that keeps only the newest entries, up to a number, and up to a size if there is a limit; the newest one is always kept. */
export class BoundedMap<Key, Value> {
  readonly #most: number;
  readonly #limit: SizeLimit<Value> | undefined;
  #size = 0;
  readonly #entries = new Map<Key, Box<Value>>();
  /** Continues from the last entry that was dropped: starting from the beginning would pass over all deleted entries each time. */
  readonly #oldest = this.#entries.entries();

  constructor(most: number, limit?: SizeLimit<Value>) {
    this.#most = most;
    this.#limit = limit;
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key)?.value;
  }

  has(key: Key): boolean {
    return this.#entries.has(key);
  }

  /** The newest entry is the one set last, and its size is measured then. @returns The values that were dropped. */
  set(key: Key, value: Value): readonly Value[] {
    this.delete(key);
    const size = this.#limit?.sizeOf(value) ?? 0;
    this.#size += size;
    this.#entries.set(key, { value, size });
    const dropped: Value[] = [];
    while (this.#isFull()) {
      const oldest = this.#oldest.next();
      if (oldest.done) break;
      dropped.push(this.#take(...oldest.value) as Value);
    }
    return dropped;
  }

  #isFull(): boolean {
    const { size } = this.#entries;
    return size > this.#most || (size > 1 && this.#limit !== undefined && this.#size > this.#limit.most);
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
    this.#size -= box.size;
    box.value = undefined;
    return value;
  }
}
