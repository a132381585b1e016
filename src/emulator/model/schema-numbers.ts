import type { Fields } from "../fields.ts";

/** A number that a schema allows: the one that was asked for, else 1, else the nearest to a bound. */
export function numberFor(schema: Fields, asked: unknown): number {
  const value = typeof asked === "number" ? asked : 1;
  const step = stepOf(schema);
  const least = boundOf(schema, "minimum", "exclusiveMinimum", 1);
  const most = boundOf(schema, "maximum", "exclusiveMaximum", -1);
  if (step !== undefined && step > 0) return inSteps(value, step, least, most);
  if (least && !isWithin(value, least)) return least.isExclusive ? between(least, most, 1) : least.at;
  if (most && !isWithin(value, most)) return most.isExclusive ? between(most, least, -1) : most.at;
  return value;
}

function stepOf(schema: Fields): number | undefined {
  const step = numberIn(schema, "multipleOf");
  if (schema.type !== "integer" || (step !== undefined && Number.isInteger(step))) return step;
  return step === undefined || Number.isInteger(1 / step) ? 1 : step;
}

interface Bound {
  readonly at: number;
  readonly isExclusive: boolean;
  /** On which side of it numbers are allowed: 1 above, -1 below. */
  readonly side: 1 | -1;
}

/** In the older form the exclusive bound is `true`, and its number the other one. */
function boundOf(schema: Fields, inclusive: string, exclusive: string, side: Bound["side"]): Bound | undefined {
  const at = numberIn(schema, inclusive);
  const beyond = numberIn(schema, exclusive);
  if (beyond !== undefined && (at === undefined || (beyond - at) * side >= 0))
    return { at: beyond, isExclusive: true, side };
  return at === undefined ? undefined : { at, isExclusive: schema[exclusive] === true, side };
}

function isWithin(value: number, { at, isExclusive, side }: Bound): boolean {
  return isExclusive ? (value - at) * side > 0 : (value - at) * side >= 0;
}

function between({ at }: Bound, other: Bound | undefined, step: number): number {
  return other && Math.abs(other.at - at) <= 1 ? (at + other.at) / 2 : at + step;
}

/** The multiple nearest to the value from the side of the bound that it would break. */
function inSteps(value: number, step: number, least: Bound | undefined, most: Bound | undefined): number {
  let count = Math.round(value / step);
  if (least && !isWithin(multiple(count, step), least)) count = Math.floor(least.at / step) + 1 - exactly(least, step);
  if (most && !isWithin(multiple(count, step), most)) count = Math.ceil(most.at / step) - 1 + exactly(most, step);
  return multiple(count, step);
}

/** 1 if the bound is itself a multiple, and allowed. */
function exactly({ at, isExclusive }: Bound, step: number): 0 | 1 {
  return !isExclusive && multiple(Math.round(at / step), step) === at ? 1 : 0;
}

/** Without the noise of binary fractions. */
function multiple(count: number, step: number): number {
  return Number((count * step).toPrecision(12));
}

function numberIn(schema: Fields, name: string): number | undefined {
  const value = schema[name];
  return typeof value === "number" ? value : undefined;
}
