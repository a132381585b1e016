import type { HeaderMap } from "../../client/index.ts";
import type { JsonObject, ResponseItem, ResponsesRequest } from "../../index.ts";

/** The body of a request for a response, as far as it matters how it is sent. */
export interface AskedBody extends JsonObject {
  readonly input: string | readonly ResponseItem[];
}

/** A request for a response as somebody's HTTP client made it. */
export interface Asked {
  /** Lower-case names. */
  readonly headers: HeaderMap;
  readonly body: AskedBody;
  /** Of its text, in bytes: what a session holds of it. Default 0: nobody counts. */
  readonly size?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The body of a request that a session can send; undefined for one that has to go as it is: it is no such request, and the service says why; it has no
 * input, as one with a stored prompt; or the client wants no more than the id of a response in the background.
 */
export function askedBody(text: string): AskedBody | undefined {
  const body = parsed(text);
  if (!isObject(body)) return undefined;
  const { input } = body;
  const isInput = typeof input === "string" || (Array.isArray(input) && input.every(isObject));
  if (!isInput || (body.background === true && body.stream !== true)) return undefined;
  return body as AskedBody;
}

/** As it goes out: the same, streamed in any case. */
export function sentBody(body: AskedBody): ResponsesRequest {
  return { ...body, stream: true } as unknown as ResponsesRequest;
}

/** What a history is known by. */
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
