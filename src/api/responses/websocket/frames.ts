import { type TraceContext, traceHeaders } from "../../../client/observe/trace-context.ts";
import { type JsonObject, jsonText } from "../../wire/json.ts";
import { writtenInPieces } from "../../wire/request-input.ts";
import { type WebSocketFrameExtras, websocketFrame } from "../../wire/requests.ts";

/** The messages of a client, each as the text of a frame. */

export interface CreateFrameExtras extends WebSocketFrameExtras {
  readonly traceContext?: TraceContext | undefined;
}

/** A request. @throws {@link BuildError} It cannot be written as JSON. */
export function createFrame(body: JsonObject, { traceContext, ...extras }: CreateFrameExtras): string {
  const clientMetadata = { ...extras.clientMetadata, ...traceMetadata(traceContext) };
  return frameText(websocketFrame(body, { ...extras, clientMetadata }));
}

/** A long request in pieces: on Node 26 its text at once costs up to twice as much (`docs/performance.md`). */
function frameText(frame: JsonObject): string {
  const written = writtenInPieces(frame);
  if (!written) return jsonText(frame);
  let text = written.before;
  let comma = "";
  for (const list of written.lists) {
    text += comma + list.slice(1, -1);
    comma = ",";
  }
  return text + written.after;
}

const CREATE = '{"type":"response.create"';

/** The same request on a lane. The frame may be large and the lane is chosen last, so it is not encoded again. */
export function onLane(frame: string, streamId: string | undefined): string {
  if (streamId === undefined) return frame;
  return `${CREATE},"stream_id":${JSON.stringify(streamId)}${frame.slice(CREATE.length)}`;
}

/** Ends a response; its unfinished items are discarded. */
export function interruptFrame(responseId: string): string {
  return JSON.stringify({ type: "response.interrupt", response_id: responseId, mode: "discard_partial_items" });
}

/** Sends input into a running response. */
export function steerFrame(responseId: string, input: readonly JsonObject[]): string {
  return jsonText({ type: "response.steer", previous_response_id: responseId, input });
}

/** Trace context in the form that the Rust client adds to a request, because a frame has no headers. */
function traceMetadata(context: TraceContext | undefined): Readonly<Record<string, string>> {
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(traceHeaders(context))) {
    if (value !== undefined) metadata[`ws_request_header_${name}`] = value;
  }
  return metadata;
}
