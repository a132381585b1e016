/** Where lines and events end in the bytes of an event stream. Each function gives the index of a byte, or -1 if there is none. */
export const LF = 0x0a;
export const CR = 0x0d;

/** The first LF, or the first CR if that comes before it. */
export function firstLineEnd(chunk: Uint8Array): number {
  const lineFeed = chunk.indexOf(LF);
  const carriageReturn = (lineFeed === -1 ? chunk : chunk.subarray(0, lineFeed)).indexOf(CR);
  return carriageReturn === -1 ? lineFeed : carriageReturn;
}

/** The second LF of the first two in a row. */
export function blankLineEnd(chunk: Uint8Array): number {
  for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, at + 1)) {
    if (chunk[at + 1] === LF) return at + 1;
  }
  return -1;
}

/** The second LF of the last two in a row from `start` on. */
export function lastBlankLineEnd(chunk: Uint8Array, start: number): number {
  for (let at = chunk.lastIndexOf(LF); at > start; at = chunk.lastIndexOf(LF, at - 1)) {
    if (chunk[at - 1] === LF) return at;
  }
  return -1;
}

/** The last LF, or a CR behind it. */
export function lastLineEnd(chunk: Uint8Array): number {
  // Servers send whole events: the usual chunk of a slow stream.
  if (chunk[chunk.length - 1] === LF) return chunk.length - 1;
  const lineFeed = chunk.lastIndexOf(LF);
  // Only the text after the last LF can contain a later CR, and that is short in a stream that uses LF. Without one, -1 leads back to the LF.
  return lineFeed + 1 + chunk.subarray(lineFeed + 1).lastIndexOf(CR);
}
