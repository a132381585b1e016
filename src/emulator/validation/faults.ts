// Errors in a request, in the service's wording.
import { ServiceError } from "../service-error.ts";

export function missing(param: string): ServiceError {
  return refused(`Missing required parameter: '${param}'.`, param, "missing_required_parameter");
}

export function unknownParameter(param: string): ServiceError {
  return refused(`Unknown parameter: '${param}'.`, param, "unknown_parameter");
}

export function invalidType(param: string, expected: string, value: unknown): ServiceError {
  const message = `Invalid type for '${param}': expected ${expected}, but got ${nameOf(value)} instead.`;
  return refused(message, param, "invalid_type");
}

export function invalidValue(param: string, value: unknown, supported: readonly string[]): ServiceError {
  const message = `Invalid value: '${String(value)}'. Supported values are: ${listed(supported)}.`;
  return refused(message, param, "invalid_value");
}

export function refused(message: string, param?: string, code?: string): ServiceError {
  return new ServiceError(400, { message, ...(param !== undefined && { param }), ...(code !== undefined && { code }) });
}

function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function listed(names: readonly string[]): string {
  const quoted = names.map((name) => `'${name}'`);
  if (quoted.length < 2) return quoted.join("");
  if (quoted.length === 2) return quoted.join(" and ");
  return `${quoted.slice(0, -1).join(", ")}, and ${quoted.at(-1)}`;
}
