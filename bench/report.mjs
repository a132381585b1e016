// How figures are printed: a table, its checks against the goals, notes.

/**
 * @typedef {{ what: string, value: number, limit: number, unit: string, atLeast?: boolean }} Check `value` must be at most `limit`, or at least.
 * @typedef {{ title: string, head?: readonly string[], rows?: readonly (readonly string[])[], checks?: readonly Check[], notes?: readonly string[] }} Figure
 */

export function holds(/** @type {Check} */ { value, limit, atLeast }) {
  return atLeast ? value >= limit : value <= limit;
}

export function print(/** @type {Figure} */ { title, head = [], rows = [], checks = [], notes = [] }) {
  console.log(`\n${title}`);
  table(head, rows);
  for (const check of checks) console.log(`  ${verdict(check).padEnd(6)} ${describe(check)}`);
  for (const note of notes) console.log(`  ${note}`);
}

export function summarize(/** @type {readonly Figure[]} */ figures) {
  const checks = figures.flatMap((figure) => figure.checks ?? []);
  const missed = checks.filter((check) => !holds(check));
  console.log(`\n${checks.length - missed.length} of ${checks.length} goals hold`);
  for (const check of missed) console.log(`  missed: ${describe(check)}`);
}

function verdict(/** @type {Check} */ check) {
  return holds(check) ? "holds" : "MISSED";
}

function describe(/** @type {Check} */ { what, value, limit, unit, atLeast }) {
  return `${what}: ${digits(value)} ${unit} (goal: at ${atLeast ? "least" : "most"} ${limit})`;
}

export function digits(/** @type {number} */ value) {
  if (Number.isNaN(value)) return "-";
  const size = Math.abs(value);
  return value.toFixed(size < 10 ? 2 : size < 100 ? 1 : 0);
}

/** @param {readonly string[]} head @param {readonly (readonly string[])[]} rows */
function table(head, rows) {
  const lines = head.length > 0 ? [head, ...rows] : rows;
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  for (const cells of lines) {
    const padded = cells.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column === 0 ? cell.padEnd(width) : cell.padStart(width);
    });
    console.log(`  ${padded.join("   ").trimEnd()}`);
  }
}
