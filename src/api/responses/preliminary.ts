import type { HeaderMap } from "../../client/headers.ts";
import { header, headerText } from "../headers.ts";
import { rateLimitSnapshots } from "../rate-limits.ts";
import type { ResponseEvent } from "./events/types.ts";

/** The contents of the response headers as events, which come before the stream's own, in the Rust client's order. */
export function preliminaryEvents(headers: HeaderMap): ResponseEvent[] {
  const events: ResponseEvent[] = [];
  const model = headerText(headers, header.openaiModel);
  if (model !== undefined) events.push({ type: "server_model", model });
  for (const snapshot of rateLimitSnapshots(headers)) events.push({ type: "rate_limits", snapshot });
  const etag = headerText(headers, header.modelsEtag);
  if (etag !== undefined) events.push({ type: "models_etag", etag });
  if (headers[header.reasoningIncluded] !== undefined)
    events.push({ type: "server_reasoning_included", included: true });
  return events;
}

/** The same for a WebSocket, whose handshake counts for every request. Rate limits come as events of the stream there. */
export function handshakeEvents(headers: HeaderMap): ResponseEvent[] {
  return preliminaryEvents(headers).filter((event) => event.type !== "rate_limits");
}
