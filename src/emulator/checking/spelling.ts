const NEAR = 2;

/** The names that are at most two letters away, the nearest first. */
export function nearest(name: string, known: readonly string[]): readonly string[] {
  return known
    .filter((each) => Math.abs(each.length - name.length) <= NEAR)
    .map((each) => ({ each, letters: distance(each, name) }))
    .filter(({ letters }) => letters <= NEAR)
    .sort((one, other) => one.letters - other.letters || (one.each < other.each ? -1 : 1))
    .map(({ each }) => each);
}

/** How many letters must be changed, put in or left out to make one of the other; whatever their case. */
export function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [at, letter] of [...one].entries()) {
    const next = [at + 1];
    for (const [index, otherLetter] of [...other].entries()) {
      const replaced = (row[index] ?? 0) + (letter.toLowerCase() === otherLetter.toLowerCase() ? 0 : 1);
      next.push(Math.min(replaced, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
