import { jsonIn } from "../fields.ts";
import { joined } from "../journal/headers.ts";
import type { RecordedRequest } from "../journal/recording.ts";
import type { Exchange } from "./exchanges/exchange.ts";

/** What an exchange begins with, as a request of the journal. */
export function requestOf({ id, head }: Exchange): RecordedRequest {
  const { carrier, headers, body, ...asked } = head;
  return {
    ...asked,
    kind: carrier === "http" ? "http" : "handshake",
    headers: joined(headers),
    rawHeaders: headers,
    body,
    wireBytes: body.length,
    json: jsonIn(body),
    exchange: id,
  };
}

/** A message of the client's on a WebSocket, as a request of its own. */
export function messageOf(exchange: Exchange, data: string | Uint8Array): RecordedRequest {
  const body = Buffer.from(data);
  const json = typeof data === "string" ? jsonIn(body) : undefined;
  return { ...requestOf(exchange), kind: "frame", body, wireBytes: body.length, json };
}
