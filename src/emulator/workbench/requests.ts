import { jsonIn } from "../fields.ts";
import { joined } from "../headers.ts";
import type { RecordedRequest } from "../journal/recorded-request.ts";
import type { Exchange } from "./exchanges/exchange.ts";

/**
 * The beginning of an exchange, as a request for the journal.
 *
 * @param known - Parts of it that the caller has already made.
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

/** A WebSocket message from the client, as a request for the journal. */
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
