const LONGEST = 200;

/** Text from the other side, made safe to print: it may contain line breaks or terminal codes, or be very long. */
export function printable(text: string): string {
  const line = text
    .trim()
    .replace(/\s*\n\s*/g, ", ")
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}
