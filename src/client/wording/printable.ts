const LONGEST = 200;

/** Text from the other side, made safe to print: it may contain line breaks or terminal codes, or be very long. */
export function printable(text: string): string {
  const line = text
    .trim()
    .replace(/\s*\n\s*/g, ", ")
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}

const BREAKS = /\r\n?/g;
/** Characters that a terminal obeys, but for line feeds and tabs, and those that turn the direction of a text round. */
const CONTROLS = /(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** A message, perhaps with words of the other side, without what would do something to the terminal that it is printed to. */
export function withoutControls(message: string): string {
  return message.replace(BREAKS, "\n").replace(CONTROLS, "?");
}
