// A request's faults in the words of the service.

import { nearest } from "../checking/spelling.ts";
import { ServiceError } from "../service-error.ts";

export function missing(param: string): ServiceError {
  return refused(`Missing required parameter: '${param}'.`, param, "missing_required_parameter");
}

/** @param known - The names that were probably meant. */
export function unknownParameter(param: string, known: readonly string[] = []): ServiceError {
  const meant = known.length === 0 ? "" : ` Did you mean ${either(known)}?`;
  return refused(`Unknown parameter: '${param}'.${meant}`, param, "unknown_parameter");
}

/** An object has an unknown member. */
export function checkMembers(value: object, known: ReadonlySet<string>, param: string): void {
  for (const name of Object.keys(value)) if (!known.has(name)) throw unknownParameter(`${param}.${name}`);
}

/** A request has an unknown parameter. The message names parameters with a similar spelling that are not in the request. */
export function checkParameterNames(body: object, known: ReadonlyMap<string, unknown>): void {
  for (const name of Object.keys(body)) {
    if (known.has(name)) continue;
    if (name === "messages") throw refused(MESSAGES, undefined, "unsupported_parameter");
    throw unknownParameter(
      name,
      nearest(
        name,
        Array.from(known.keys()).filter((each) => !Object.hasOwn(body, each)),
      ),
    );
  }
}

const MESSAGES =
  "Unsupported parameter: 'messages'. In the Responses API, this parameter has moved to 'input'. Try again with the new parameter. See the API documentation for more information: https://platform.openai.com/docs/api-reference/responses/create.";

export function invalidType(param: string, expected: string, value: unknown): ServiceError {
  const message = `Invalid type for '${param}': expected ${expected}, but got ${kindOf(value)} instead.`;
  return refused(message, param, "invalid_type");
}

export function invalidValue(param: string, value: unknown, supported: readonly string[]): ServiceError {
  const shown = typeof value === "string" ? value : "";
  const message = `Invalid value: '${shown}'. Supported values are: ${listed(supported, "and")}.`;
  return refused(message, param, "invalid_value");
}

export function tooLong(param: string, value: string, most: number): ServiceError {
  const message = `Invalid '${param}': string too long. Expected a string with maximum length ${most}, but got a string with length ${value.length} instead.`;
  return refused(message, param, "string_above_max_length");
}

export function tooMany(param: string, values: readonly unknown[], most: number): ServiceError {
  const message = `Invalid '${param}': array too long. Expected an array with maximum length ${most}, but got an array with length ${values.length} instead.`;
  return refused(message, param, "array_above_max_length");
}

export function refused(message: string, param?: string, code?: string): ServiceError {
  return new ServiceError(400, { message, ...(param !== undefined && { param }), ...(code !== undefined && { code }) });
}

/** `'a', 'b', or 'c'`. */
export function either(names: readonly string[]): string {
  return listed(names, "or");
}

function listed(names: readonly string[], word: "and" | "or"): string {
  const quoted = names.map((name) => `'${name}'`);
  if (quoted.length < 3) return quoted.join(` ${word} `);
  return `${quoted.slice(0, -1).join(", ")}, ${word} ${quoted.at(-1)}`;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "number") return Number.isInteger(value) ? "an integer" : "a decimal number";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
