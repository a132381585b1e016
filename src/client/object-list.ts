/**
 * An empty list for objects or strings. `[]` is a list of small integers to V8 until something else is added, so code that was compiled for
 * filled lists is thrown away when it gets a new one. For lists made anew with every response or read.
 */
export function objectList<Value>(): Value[] {
  const list: unknown[] = [undefined];
  list.length = 0;
  return list as Value[];
}
