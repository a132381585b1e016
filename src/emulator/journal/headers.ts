import type { IncomingMessage } from "node:http";
import type { RecordedRequest } from "./recording.ts";

/** The headers of a request, joined by name, and as received. */
export function headersOf({ rawHeaders: raw }: IncomingMessage): Pick<RecordedRequest, "headers" | "rawHeaders"> {
  const rawHeaders: (readonly [string, string])[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) rawHeaders.push([raw[index] ?? "", raw[index + 1] ?? ""]);
  return { headers: joined(rawHeaders), rawHeaders };
}

/** By name in lower case; repeated headers are joined with a comma. */
export function joined(pairs: RecordedRequest["rawHeaders"]): RecordedRequest["headers"] {
  const headers: Record<string, string> = {};
  for (const [name, value] of pairs) {
    const key = name.toLowerCase();
    if (key in headers) set(headers, key, Object.hasOwn(headers, key) ? `${headers[key]}, ${value}` : value);
    else headers[key] = value;
  }
  return headers;
}

/** Works for names that every object has: a header may be called `__proto__`. */
function set(headers: object, key: string, value: string): void {
  Object.defineProperty(headers, key, { value, enumerable: true, configurable: true, writable: true });
}
