import { jsonIn } from "../fields.ts";
import { joined } from "../headers.ts";
import type { RecordedRequest } from "../journal/recorded-request.ts";
import type { Exchange } from "./exchanges/exchange.ts";

/**
 * What an exchange begins with, as a request of the journal.
 *
 * @param known - what its caller has made of the head already.
 */
export function requestOf(
  { id, head }: Exchange,
  {
    headers = joined(head.headers),
    wireBytes = head.body.length,
  }: Partial<Pick<RecordedRequest, "headers" | "wireBytes">> = {},
): RecordedRequest {
  const { carrier, method, path, headers: rawHeaders, body, connection } = head;
  return {
    kind: carrier === "http" ? "http" : "handshake",
    method,
    path,
    headers,
    rawHeaders,
    body,
    wireBytes,
    json: jsonIn(body),
    connection,
    exchange: id,
  };
}

/** A message of the client's on a WebSocket, as a request of its own. */
export function frameOf(handshake: RecordedRequest, data: string | Uint8Array): RecordedRequest {
  const body = Buffer.from(data);
  return {
    ...handshake,
    kind: "frame",
    body,
    wireBytes: body.length,
    json: typeof data === "string" ? jsonIn(data) : undefined,
  };
}
