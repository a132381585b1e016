/** Properties of an output that the layout depends on. */

interface Target {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

const NARROWEST = 20;

/**
 * How many columns a line may have: those of the terminal, or of the variable `COLUMNS`; undefined for a file or a pipe, whose lines are
 * not wrapped, and for a terminal that does not know its width.
 */
export function columnsOf({ isTTY, columns }: Target, env = process.env): number | undefined {
  const wanted = /^\d+$/.test(env.COLUMNS ?? "") ? Number(env.COLUMNS) : isTTY ? columns : undefined;
  return !wanted ? undefined : Math.max(NARROWEST, wanted);
}

/** True if a text may be coloured: a terminal, and `NO_COLOR` is not set. */
export function hasColour({ isTTY }: Target, env = process.env): boolean {
  return isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";
}
