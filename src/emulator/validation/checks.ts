// Forms of values, with the service's words for what is wrong.

import { isFields } from "../fields.ts";
import { checkMembers, either, invalidType, invalidValue, refused } from "./faults.ts";

/** Throws a {@link ServiceError} that names `param`. */
export type Check = (value: unknown, param: string) => void;

export function boolean(value: unknown, param: string): void {
  if (typeof value !== "boolean") throw invalidType(param, "a boolean", value);
}

export function string(value: unknown, param: string): void {
  if (typeof value !== "string") throw invalidType(param, "a string", value);
}

export function object(value: unknown, param: string): void {
  if (!isFields(value)) throw invalidType(param, "an object", value);
}

export function listOfObjects(value: unknown, param: string): void {
  if (!Array.isArray(value)) throw invalidType(param, "an array of objects", value);
  for (const [index, entry] of value.entries()) object(entry, `${param}[${index}]`);
}

export function objectWith(...members: readonly string[]): Check {
  const known = new Set(members);
  return (value, param) => {
    if (!isFields(value)) throw invalidType(param, "an object", value);
    checkMembers(value, known, param);
  };
}

/** @param more - Values that are accepted but not named in the message: those of other services. */
export function oneOf(supported: readonly string[], more: readonly string[] = []): Check {
  return (value, param) => {
    if (typeof value !== "string") throw invalidType(param, `one of ${either(supported)}`, value);
    if (!supported.includes(value) && !more.includes(value)) throw invalidValue(param, value, supported);
  };
}

export function integer(least: number, most: number): Check {
  return (value, param) => {
    if (typeof value !== "number" || !Number.isInteger(value)) throw invalidType(param, "an integer", value);
    checkRange("integer", value, least, most, param);
  };
}

export function decimal(least: number, most: number): Check {
  return (value, param) => {
    if (typeof value !== "number") throw invalidType(param, "a decimal", value);
    checkRange("decimal", value, least, most, param);
  };
}

function checkRange(kind: "integer" | "decimal", value: number, least: number, most: number, param: string): void {
  if (value >= least && value <= most) return;
  const [word, sign, bound, short] =
    value < least ? ["below minimum", ">=", least, "below_min"] : ["above maximum", "<=", most, "above_max"];
  throw refused(
    `Invalid '${param}': ${kind} ${word} value. Expected a value ${sign} ${bound}, but got ${value} instead.`,
    param,
    `${kind}_${short}_value`,
  );
}
