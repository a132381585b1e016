import type { IncomingMessage } from "node:http";
import type { RecordedRequest } from "../journal/recording.ts";

/** The headers of a request, joined by name and as they came. */
export function headersOf(message: IncomingMessage): Pick<RecordedRequest, "headers" | "rawHeaders"> {
  const rawHeaders: (readonly [string, string])[] = [];
  const headers = new Map<string, string>(); // no object: a header may be called `constructor`
  for (let index = 0; index + 1 < message.rawHeaders.length; index += 2) {
    const [name = "", value = ""] = message.rawHeaders.slice(index, index + 2);
    const key = name.toLowerCase();
    rawHeaders.push([name, value]);
    const before = headers.get(key);
    headers.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  return { headers: Object.fromEntries(headers), rawHeaders };
}
