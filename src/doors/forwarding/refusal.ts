import type { HeaderMap } from "../../client/index.ts";
import { CodexApiError, type HttpError, parseWireEvent, type ResponseStream, type TokenUsage } from "../../index.ts";
import { isObject } from "./asked.ts";
import { forwardable } from "./headers.ts";

/** An answer without a stream. */
export interface WholeAnswer {
  readonly status: number;
  readonly headers: HeaderMap;
  readonly body: string;
  /** How the request was sent, if that is known. */
  readonly carrier?: "websocket" | "http" | undefined;
  readonly tokenUsage?: TokenUsage | undefined;
}

/** A WebSocket's head is that of its handshake. */
export function carrierOf({ status }: Pick<ResponseStream, "status">): "websocket" | "http" {
  return status === 101 ? "websocket" : "http";
}

/** Syntax of a header name (RFC 9110 §5.6.2). */
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const JSON_TYPE = { "content-type": "application/json" };

export function jsonAnswer(status: number, headers: HeaderMap, value: unknown): WholeAnswer {
  return { status, headers: { ...forwardable(headers), ...JSON_TYPE }, body: JSON.stringify(value) };
}

/** The service's refusal as received, if the failure is one, over HTTP or in a handshake. */
export function refusalOf(error: unknown): WholeAnswer | undefined {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 8; cause = cause.cause, depth += 1) {
    if (CodexApiError.is(cause) && cause.kind === "http") return answerOf(cause as HttpError);
  }
  return undefined;
}

function answerOf({ status, headers, body }: HttpError): WholeAnswer {
  return { status, headers: forwardable(headers), body };
}

/**
 * The HTTP answer that an error event of a WebSocket corresponds to; its status and headers are fields of the event. Undefined if it has no
 * status.
 *
 * @param failure - The event's typed error.
 */
export function refusalIn(event: string, failure: unknown): WholeAnswer | undefined {
  const said = parseWireEvent(event);
  if (said?.type !== "error") return undefined;
  const status = [said.status, said.status_code, statusOf(failure)].find(isRefusal);
  if (status === undefined) return undefined;
  const { type: _type, status: _status, status_code: _code, headers, error, stream_id: _lane, ...rest } = said;
  return jsonAnswer(status, textsOf(headers), { error: error ?? rest });
}

function statusOf(failure: unknown): unknown {
  return CodexApiError.is(failure) && "status" in failure ? failure.status : undefined;
}

function isRefusal(status: unknown): status is number {
  return typeof status === "number" && Number.isInteger(status) && status >= 400 && status <= 599;
}

function textsOf(headers: unknown): HeaderMap {
  if (!isObject(headers)) return {};
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
  return Object.fromEntries(entries.filter(([name, value]) => NAME.test(name) && /^[\t\x20-\x7e]*$/.test(value)));
}
