/**
 * Prints one row of a table.
 *
 * @param {readonly number[]} widths In characters.
 * @param {readonly string[]} cells
 */
export function printRow(widths, cells) {
  process.stdout.write(`${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join("")}\n`);
}
