import type { JsonObject } from "../../wire/json.ts";
import type { ResponsesRequest } from "../../wire/request-fields.ts";
import { encodeResponsesRequest, type RequestEncoding } from "../../wire/requests.ts";

/** The fields of a request that count as tokens; the endpoint accepts no others. */
const COUNTED: ReadonlySet<string> = new Set([
  "model",
  "instructions",
  "input",
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "reasoning",
  "text",
  "previous_response_id",
  "conversation",
  "truncation",
]);

/** The body of `POST responses/input_tokens` for a request. Throws as `encodeResponsesRequest`. */
export function inputTokensBody(request: ResponsesRequest, encoding: RequestEncoding): JsonObject {
  const body = encodeResponsesRequest(request, encoding);
  const extra: JsonObject = request.extra ?? {};
  return Object.fromEntries(Object.entries(body).filter(([name]) => COUNTED.has(name) || Object.hasOwn(extra, name)));
}
