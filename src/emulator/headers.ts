import type { IncomingMessage } from "node:http";
import type { RecordedRequest } from "./journal/recording.ts";

/** The headers of a request, joined by name and as they came. */
export function headersOf({ rawHeaders: raw }: IncomingMessage): Pick<RecordedRequest, "headers" | "rawHeaders"> {
  const rawHeaders: (readonly [string, string])[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) rawHeaders.push([raw[index] ?? "", raw[index + 1] ?? ""]);
  return { headers: joined(rawHeaders), rawHeaders };
}

/** By name in lower case; what comes more than once with a comma between. */
export function joined(pairs: RecordedRequest["rawHeaders"]): RecordedRequest["headers"] {
  const headers = new Map<string, string>(); // no object: a header may be called `constructor`
  for (const [name, value] of pairs) {
    const before = headers.get(name.toLowerCase());
    headers.set(name.toLowerCase(), before === undefined ? value : `${before}, ${value}`);
  }
  return Object.fromEntries(headers);
}
