import type { IncomingMessage } from "node:http";
import type { RecordedRequest } from "../recording.ts";

/** The headers of a request, joined by name and as they came. */
export function headersOf(message: IncomingMessage): Pick<RecordedRequest, "headers" | "rawHeaders"> {
  const rawHeaders: (readonly [string, string])[] = [];
  const headers: Record<string, string> = {};
  for (let index = 0; index + 1 < message.rawHeaders.length; index += 2) {
    const [name = "", value = ""] = message.rawHeaders.slice(index, index + 2);
    const key = name.toLowerCase();
    rawHeaders.push([name, value]);
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`;
  }
  return { headers, rawHeaders };
}
