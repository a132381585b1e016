import type { HeaderMap } from "../../client/index.ts";
import type { JsonObject, ResponseItem, ResponsesRequest } from "../../index.ts";

/** The body of a request for a response, with the fields that determine how it is sent. */
export interface AskedBody extends JsonObject {
  readonly input: string | readonly ResponseItem[];
}

/** A request for a response from an HTTP client. */
export interface Asked {
  /** Lower-case names. */
  readonly headers: HeaderMap;
  readonly body: AskedBody;
  /** Size of its text, in bytes, which is what a session keeps of it. Default 0: not counted. */
  readonly size?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The body of a request that a session can send. Undefined for one that must be passed on unchanged: it is invalid, and the service should
 * say why; it has no input, for example with a stored prompt; or the client only wants the id of a background response.
 */
export function askedBody(text: string): AskedBody | undefined {
  const body = parsed(text);
  if (!isObject(body)) return undefined;
  const { input, stream } = body;
  if (typeof (stream ?? false) !== "boolean") return undefined;
  const isInput = (typeof input === "string" && input !== "") || (Array.isArray(input) && input.every(isObject));
  if (!isInput || (body.background === true && stream !== true)) return undefined;
  return body as AskedBody;
}

/** The body to send: the same, but always streamed. */
export function sentBody(body: AskedBody): ResponsesRequest {
  return { ...body, stream: true } as unknown as ResponsesRequest;
}

/** The items by which a history is recognised. */
export function inputItems({ input }: AskedBody): readonly ResponseItem[] {
  return typeof input === "string"
    ? [{ type: "message", role: "user", content: input } as unknown as ResponseItem]
    : input;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
