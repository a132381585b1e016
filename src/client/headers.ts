import { BuildError } from "./failure/kinds.ts";
import type { HeaderInit, HeaderMap } from "./header-map.ts";

export type { HeaderInit, HeaderMap };

/**
 * The largest response head that is accepted, in bytes. Node's limit is 16 KiB, which cookies and policies of corporate gateways exceed;
 * curl accepts 300 KiB.
 */
export const MAX_HEAD_BYTES = 256 * 1024;

/** The parts of a message about a larger head. */
export const HEAD_TOO_LARGE = {
  code: "RESPONSE_HEAD_TOO_LARGE",
  what: `sent more than ${MAX_HEAD_BYTES / 1024} KiB of response headers, the most that is accepted`,
  advice: "its operators must send fewer or shorter ones (cookies and content-security-policy are the usual cause)",
} as const;

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// Field values of RFC 9110 §5.5, restricted to what survives every HTTP stack: visible ASCII, space and tab.
const SENDABLE = /^[\t\x20-\x7e]*$/;

export function isSendableHeaderValue(value: string): boolean {
  return SENDABLE.test(value);
}

/**
 * Merges headers; a later set overwrites an earlier one in place.
 *
 * @throws {@link BuildError} A name or value cannot be sent. The value is never part of the message.
 */
export function mergeHeaders(...layers: readonly (HeaderInit | undefined)[]): HeaderMap {
  const merged: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const layer of layers) {
    if (!layer) continue;
    for (const name of Object.keys(layer)) {
      const value = layer[name];
      if (value === undefined) continue;
      merged[checkedName(name)] = checkedValue(name, value);
    }
  }
  return merged;
}

function checkedName(name: string): string {
  if (!TOKEN.test(name)) {
    throw new BuildError(
      `header name ${JSON.stringify(name)} cannot be sent: it may contain only letters, digits and !#$%&'*+-.^_\`|~`,
    );
  }
  return name.toLowerCase();
}

function checkedValue(name: string, value: string): string {
  if (typeof value !== "string") {
    throw new BuildError(
      `the value of header ${name.toLowerCase()} cannot be sent: it must be a string, and is ${value === null ? "null" : `of type ${typeof value}`}`,
    );
  }
  if (!SENDABLE.test(value)) {
    throw new BuildError(
      `the value of header ${name.toLowerCase()} cannot be sent: it holds a line break, a control character or a letter outside ASCII; check where it comes from (a key file often ends in a line break)`,
    );
  }
  return value;
}

/** Response headers as Node gives them: a repeated header is a list. */
export function joinRepeated(headers: Readonly<Record<string, string | readonly string[] | undefined>>): HeaderMap {
  const joined: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (value !== undefined) joined[name.toLowerCase()] = typeof value === "string" ? value : value.join(", ");
  }
  return joined;
}
