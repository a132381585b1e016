import { type TraceContext, traceHeaders } from "../../../client/observe/trace-context.ts";
import { type JsonObject, jsonText } from "../../wire/json.ts";
import { type WebSocketFrameExtras, websocketFrame } from "../../wire/requests.ts";

/** What a client says on a connection, as the text of a frame each. */

export interface CreateFrameExtras extends WebSocketFrameExtras {
  readonly traceContext?: TraceContext | undefined;
}

/** A request. @throws {@link BuildError} It cannot be written as JSON. */
export function createFrame(body: JsonObject, { traceContext, ...extras }: CreateFrameExtras): string {
  const clientMetadata = { ...extras.clientMetadata, ...traceMetadata(traceContext) };
  return jsonText(websocketFrame(body, { ...extras, clientMetadata }));
}

const CREATE = '{"type":"response.create"';

/** The same request on a lane. Not by writing it anew: it may be large, and which lane it takes is known last. */
export function onLane(frame: string, streamId: string | undefined): string {
  if (streamId === undefined) return frame;
  return `${CREATE},"stream_id":${JSON.stringify(streamId)}${frame.slice(CREATE.length)}`;
}

/** Ends a response; what of it is not finished is thrown away. */
export function interruptFrame(responseId: string): string {
  return JSON.stringify({ type: "response.interrupt", response_id: responseId, mode: "discard_partial_items" });
}

/** Says something into a response. */
export function steerFrame(responseId: string, input: readonly JsonObject[]): string {
  return jsonText({ type: "response.steer", previous_response_id: responseId, input });
}

/** Trace context as the Rust client puts it into a request, where a frame has no headers. */
function traceMetadata(context: TraceContext | undefined): Readonly<Record<string, string>> {
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(traceHeaders(context))) {
    if (value !== undefined) metadata[`ws_request_header_${name}`] = value;
  }
  return metadata;
}
