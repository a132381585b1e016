import type { Fields } from "../../fields.ts";
import { ServiceError } from "../../service-error.ts";

interface Limits {
  readonly most: number;
  /** Without `limit`. */
  readonly usual: number;
}

const LIMITS: Limits = { most: 100, usual: 20 };

/**
 * One page of a list as the service returns it: newest first unless `order` is `asc`, from the entry after `after`, and 20 entries unless
 * `limit` or another usual number is given.
 *
 * @param oldestFirst - The whole list.
 * @throws {@link ServiceError} 400 for a `limit` out of range, or an `after` that is not in the list.
 */
export function pageOf(
  oldestFirst: readonly Fields[],
  query: URLSearchParams,
  { most, usual }: Limits = LIMITS,
): Fields {
  const limit = Number(query.get("limit") ?? usual);
  if (!Number.isInteger(limit) || limit < 1 || limit > most) throw fault("limit", `an integer from 1 to ${most}`);
  const all = query.get("order") === "asc" ? oldestFirst : [...oldestFirst].reverse();
  const after = query.get("after");
  const start = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1;
  if (after !== null && start === 0) throw fault("after", "the id of an entry of this list");
  const data = all.slice(start, start + limit);
  return {
    object: "list",
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: start + limit < all.length,
  };
}

function fault(param: string, expected: string): ServiceError {
  return new ServiceError(400, { message: `Invalid '${param}': expected ${expected}.`, param, code: "invalid_value" });
}
