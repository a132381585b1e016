import { isIP, type LookupFunction } from "node:net";
import { inspect } from "node:util";
import { thrownText } from "../failure/thrown-text.ts";

/** A caller's lookup function misbehaved; the message says how. */
export class LookupFault extends Error {}

/** `lookup`, whose faults are reported as such: errors that it throws, now or later, and answers that are not addresses. */
export function steadyLookup(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    let isOver = false;
    const answer: typeof callback = (error, address, family) => {
      if (isOver) return;
      isOver = true;
      callback(error, address, family);
    };
    const fault = (what: string, cause?: unknown): void => answer(new LookupFault(what, { cause }), "");
    const threw = (cause: unknown): void => fault(`threw ${thrownText(cause)}`, cause);
    try {
      const result: unknown = lookup(hostname, options, (error, address, family) => {
        if (error) return error instanceof Error ? answer(error, "") : fault(`failed with ${inspect(error)}`);
        const addresses: readonly unknown[] = Array.isArray(address)
          ? address.map((each: { readonly address?: unknown } | null) => each?.address)
          : [address];
        if (addresses.length > 0 && addresses.every(isAddress)) answer(null, address, family);
        else fault(`answered ${inspect(address)}, which is not an IP address`);
      });
      if (result instanceof Promise) result.catch(threw); // an async function, whose rejection would be unhandled
    } catch (error) {
      threw(error);
    }
  };
}

function isAddress(value: unknown): boolean {
  return typeof value === "string" && isIP(value) !== 0;
}
