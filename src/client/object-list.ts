// To V8 a literal `[]` is a list of small integers until something else is added.
const NOTHING: unknown[] = [undefined];
NOTHING.length = 0;

/**
 * An empty list for objects or strings, for lists made anew with every response or read: code that was compiled for filled lists is not
 * thrown away when it gets this one. It is a copy, because V8 watches what becomes of the lists of a literal: if those of many streams
 * live long, it allocates all later ones in the old generation, and what they hold follows.
 */
export function objectList<Value>(): Value[] {
  return NOTHING.slice() as Value[];
}

/**
 * Empties a list that is filled again and again, mostly with one entry. Setting `length` calls into the runtime and gives up the memory, and
 * the next entry allocates room for seventeen.
 */
export function empty(list: unknown[]): void {
  if (list.length === 1) list.pop();
  else if (list.length > 1) list.length = 0;
}
