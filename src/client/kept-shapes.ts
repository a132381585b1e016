const kept: object[] = [];

/**
 * Keeps one object of a shape. When the last one is collected, V8 throws away the code that was compiled for it: after a full collection in
 * which no stream runs, the next one would be read by the interpreter at first.
 */
export function keepShape(example: object): void {
  kept.push(example);
}
