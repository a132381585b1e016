import { describe, expect, it } from "vitest";
import { CompactClient } from "../../../src/api/endpoints/compact/client.ts";
import type { CodexApiError } from "../../../src/api/refusal/kinds.ts";
import { ResponsesClient } from "../../../src/api/responses/client.ts";
import { ResponsesWebSocketClient } from "../../../src/api/responses/websocket/client.ts";
import type { Step } from "../../../src/emulator/index.ts";
import { clientOptions, emulate } from "../../support/clients.ts";
import { errorOf } from "../../support/transport.ts";

const request = { model: "m", input: "hi" };
const MAX_RETRIES = 2;

async function open(step: Step) {
  const emulator = await emulate({ script: ({ kind }) => (kind === "handshake" ? undefined : step) });
  return { emulator, options: clientOptions(emulator.url, { retry: { maxRetries: MAX_RETRIES } }) };
}

/** The result of a refusal on one carrier, and the number of requests. */
interface Verdict {
  readonly kind: string;
  readonly retryable: boolean;
  readonly sent: number;
}

function verdict(error: Error, sent: number): Verdict {
  const { kind, retryable } = error as CodexApiError;
  return { kind, retryable, sent };
}

async function overHttp(step: Step): Promise<Verdict> {
  const { emulator, options } = await open(step);
  const error = await errorOf(new ResponsesClient(options).stream(request).then((stream) => stream.collect()));
  return verdict(error, emulator.requests.length);
}

async function unary(step: Step): Promise<Verdict> {
  const { emulator, options } = await open(step);
  const error = await errorOf(new CompactClient(options).compact(request));
  return verdict(error, emulator.requests.length);
}

async function overWebSocket(step: Step): Promise<Verdict> {
  const { emulator, options } = await open(step);
  const connection = await new ResponsesWebSocketClient(options).connect();
  const error = await errorOf(connection.stream(request).then((stream) => stream.collect()));
  return verdict(error, emulator.requests.filter(({ kind }) => kind === "frame").length);
}

const once = { sent: 1 };
const spent = { sent: MAX_RETRIES + 1 };
const error = (fields: object) => ({ error: fields });
const IMAGE = "The image data you provided does not represent a valid image";

/**
 * Refusals with a status, and what they are on every carrier. Only HTTP asks again by itself (a socket has its session above it), and there
 * every 5xx is asked again, whatever the body says.
 */
const statuses: readonly (readonly [
  status: number,
  body: unknown,
  kind: string,
  retryable: boolean,
  http: { sent: number },
])[] = [
  [400, error({ message: "bad" }), "invalid_request", false, once],
  [400, error({ message: IMAGE }), "invalid_request", false, once],
  [400, error({ code: "context_length_exceeded" }), "context_window_exceeded", false, once],
  [400, error({ code: "invalid_prompt" }), "invalid_request", false, once],
  [400, error({ code: "cyber_policy" }), "invalid_request", false, once],
  [400, error({ code: "credit_balance_exhausted" }), "quota_exceeded", false, once],
  [401, error({ code: "token_expired" }), "http", false, once],
  [403, error({ message: "no" }), "http", false, once],
  [404, error({ code: "model_not_found" }), "invalid_request", false, once],
  [404, error({}), "http", false, once],
  [408, error({}), "http", false, once],
  [409, error({}), "http", false, once],
  [422, error({ message: "no" }), "http", false, once],
  [426, error({}), "http", false, once],
  [429, error({ message: "slow" }), "rate_limit", true, once],
  [429, error({ code: "insufficient_quota" }), "quota_exceeded", false, once],
  [429, error({ type: "usage_limit_reached", resets_at: 1 }), "usage_limit_reached", false, once],
  [429, error({ type: "usage_limit_reached", resets_at: 1.5 }), "rate_limit", true, once],
  [429, error({ type: "usage_not_included" }), "usage_not_included", false, once],
  [500, error({ message: "boom" }), "http", true, spent],
  [500, error({ code: "context_length_exceeded" }), "context_window_exceeded", false, spent],
  [502, error({}), "http", true, spent],
  [503, error({}), "http", true, spent],
  [503, error({ code: "server_is_overloaded" }), "server_overloaded", false, spent],
  [503, error({ code: "slow_down" }), "retryable", true, spent],
  [511, error({}), "http", false, once],
  [504, error({}), "http", true, spent],
  [529, error({}), "http", true, spent],
];

describe.each(statuses)("status %i with %j", (status, body, kind, retryable, { sent }) => {
  it(`is ${kind} over HTTP, for a stream and for one body, and over a WebSocket`, async () => {
    expect(await overHttp({ status, body })).toEqual({ kind, retryable, sent });
    expect(await unary({ status, body })).toEqual({ kind, retryable, sent });
    expect(await overWebSocket({ status, body })).toEqual({ kind, retryable, sent: 1 });
  });
});

const failed = (fields?: object) => ({ type: "response.failed", response: fields === undefined ? {} : error(fields) });
const completed = (response: object) => ({ type: "response.completed", response });

/** Events that end a stream, and what they are on both carriers. The service has taken the request: nothing is sent again. */
const endings: readonly (readonly [event: object, kind: string, retryable: boolean])[] = [
  [failed({ code: "context_length_exceeded" }), "context_window_exceeded", false],
  [failed({ code: "insufficient_quota" }), "quota_exceeded", false],
  [failed({ code: "usage_not_included" }), "usage_not_included", false],
  [failed({ code: "server_is_overloaded" }), "server_overloaded", false],
  [failed({ code: "slow_down" }), "retryable", true],
  [failed({ code: "invalid_encrypted_content" }), "invalid_request", false],
  [failed({ type: "invalid_request_error", message: "no" }), "invalid_request", false],
  [failed({ code: 429, message: "no" }), "retryable", true],
  [failed({ code: "invalid_prompt", message: "no" }), "invalid_request", false],
  [failed({ code: "cyber_policy" }), "invalid_request", false],
  [failed({ code: "rate_limit_exceeded", message: "try again in 1.2s" }), "retryable", true],
  [failed({ code: "server_error", message: "boom" }), "retryable", true],
  [failed({ message: "boom" }), "retryable", true],
  [failed({}), "retryable", true],
  [failed(), "stream", true],
  [{ type: "response.failed" }, "stream", true],
  [{ type: "response.incomplete", response: { incomplete_details: { reason: "x" } } }, "incomplete", false],
  [{ type: "response.incomplete" }, "incomplete", false],
  [{ type: "response.completed", response: "r" }, "protocol", false],
  // parity: stream/status-in-completed
  [completed({ id: "r", status: "incomplete", incomplete_details: { reason: "x" } }), "incomplete", false],
  [completed({ id: "r", status: "failed", error: { code: "server_error" } }), "retryable", true],
  // parity: error/frame-without-status, error/words-of-gateways
  [{ type: "error", code: "server_error", message: "boom" }, "retryable", true],
  [{ type: "error", error: { type: "invalid_request_error", message: "no" } }, "invalid_request", false],
  [{ type: "error", status: 429, error: { code: 429, message: "slow" } }, "rate_limit", true],
  [{ type: "error", status: "429", error: { message: "slow" } }, "rate_limit", true],
  [{ type: "error", status: 500, error: "boom" }, "http", true],
  [{ error: "boom" }, "retryable", true],
  [{ detail: "boom" }, "retryable", true],
  [{ type: "error" }, "stream", true],
  [{ type: "error", status: 400, error: { code: "websocket_connection_limit_reached" } }, "retryable", true],
  [{ type: "error", status: 400, error: { code: "previous_response_not_found" } }, "retryable", true],
];

it.each(endings)("%j is %s on both carriers", async (event, kind, retryable) => {
  const step: Step = { events: [{ type: "response.created", response: {} }, event], stallAfterEvents: 2 };
  expect(await overHttp(step)).toEqual({ kind, retryable, sent: 1 });
  expect(await overWebSocket(step)).toEqual({ kind, retryable, sent: 1 });
});
