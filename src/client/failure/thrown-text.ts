import { inspect } from "node:util";

/** Describes what a caller's function threw, which need not be an error. */
export function thrownText(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : inspect(thrown, { depth: 0 });
}
