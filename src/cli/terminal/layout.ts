/**
 * Lays out texts in a number of columns. Widths are counted in characters, because the command's own texts contain no double-width ones.
 */

/** Wraps a text at its spaces; a word longer than the line stays whole, because an address must be copyable. */
export function wrapped(text: string, columns: number | undefined): string[] {
  if (columns === undefined) return [text];
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Continues after `first` and below it, each line indented by the length of `first`. */
export function hanging(first: string, text: string, columns: number | undefined): string[] {
  const room = columns === undefined ? undefined : Math.max(1, columns - first.length);
  return wrapped(text, room).map((line, index) => `${index === 0 ? first : " ".repeat(first.length)}${line}`.trimEnd());
}

const GAP = 2;
const NARROWEST_TEXT = 30;

/** Names on the left and explanations on the right; if that is too narrow, below them. */
export function explained(
  rows: readonly (readonly [name: string, meaning: string])[],
  columns: number | undefined,
): string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  const beside = columns === undefined || columns - GAP - width - GAP >= NARROWEST_TEXT;
  return rows.flatMap(([name, meaning]) =>
    beside
      ? hanging(`${" ".repeat(GAP)}${name.padEnd(width)}${" ".repeat(GAP)}`, meaning, columns)
      : [...hanging("  ", name, columns), ...hanging("      ", meaning, columns)],
  );
}
