import { HttpError } from "../../client/failure/kinds.ts";
import type { HeaderInit } from "../../client/headers.ts";
import { safeUrl } from "../../client/observe/redact.ts";
import { announceRemedy, notify } from "../../client/observe/telemetry.ts";
import { acceptSignal } from "../../client/waiting/abort.ts";
import type { WebSocketConnection } from "../../client/websocket/index.ts";
import { requestIdOf } from "../headers.ts";
import { mapHttpError } from "../refusal/answer.ts";
import { beginCall, type CallScope } from "./call.ts";
import type { SentCredentials } from "./credentials.ts";
import { headersOn, type Line } from "./line.ts";

/** One handshake. */
export interface Handshake {
  readonly url: string;
  /** Name for telemetry. */
  readonly endpoint: string;
  readonly headers: HeaderInit;
  /** For headers that nothing else sets. */
  readonly defaultHeaders?: HeaderInit | undefined;
  /** False if the caller has an `authorization` header: the auth provider is then not used. Default true. */
  readonly usesAuth?: boolean | undefined;
  /** A credential in `api-key` goes out as bearer token too, where there is no other. Default false. */
  readonly keyAsBearer?: boolean | undefined;
  /** What it is for could also go over HTTP. Default false. */
  readonly hasOtherCarrier?: boolean | undefined;
  /** Offer permessage-deflate. Default true. */
  readonly compression?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** That of the session's call that needs the connection. Default: a call of its own. */
  readonly scope?: CallScope | undefined;
}

/**
 * Opens a WebSocket. It is not retried, except once after a 401 if the credentials could be renewed. Redirects are not followed.
 *
 * @param wrap - Wraps it for the caller; the wrapper's `close` is used to close it.
 * @throws The kinds of `docs/errors.md`: a refusal by its status, as over HTTP (`http`, `rate_limit`, …), `timeout` of phase `connect`,
 *   `network`, `build`, `aborted`. {@link StreamError} `websocket closed`: the server hung up instead of answering.
 */
export async function openWebSocket<Wrapped extends { close(): Promise<void> }>(
  line: Line,
  handshake: Handshake,
  wrap: (connection: WebSocketConnection) => Wrapped,
): Promise<Wrapped> {
  acceptSignal(handshake.signal);
  if (handshake.scope) return withRemedy(line, handshake, handshake.scope, wrap);
  const scope = beginCall(line, { endpoint: handshake.endpoint });
  return scope.observer.during(() => withRemedy(line, handshake, scope, wrap));
}

async function withRemedy<Wrapped extends { close(): Promise<void> }>(
  line: Line,
  handshake: Handshake,
  scope: CallScope,
  wrap: (connection: WebSocketConnection) => Wrapped,
): Promise<Wrapped> {
  const { url, usesAuth = true, signal } = handshake;
  const { observer, credentials } = scope;
  for (let attempt = 0; ; attempt += 1) {
    const request = { carrier: "websocket", method: "GET", url, body: undefined } as const;
    // An error thrown here is not a refusal of the server.
    const sent = usesAuth ? await credentials.next(request, signal) : { headers: {}, secrets: [] };
    try {
      return await once(line, handshake, { sent, attempt, scope }, wrap);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      if (!usesAuth || !(await credentials.renewedAfter(error, signal)))
        throw mapHttpError(error, line.timing.clock.now(), handshake);
      announceRemedy(observer, "credentials", error);
    }
  }
}

interface Attempt {
  readonly sent: SentCredentials;
  readonly attempt: number;
  readonly scope: CallScope;
}

async function once<Wrapped extends { close(): Promise<void> }>(
  line: Line,
  { url, headers, defaultHeaders, keyAsBearer, compression, signal }: Handshake,
  { sent, attempt, scope: { observer } }: Attempt,
  wrap: (connection: WebSocketConnection) => Wrapped,
): Promise<Wrapped> {
  const { connectTimeoutMs, livenessTimeoutMs } = line.limits;
  const startedAt = performance.now();
  const told = (status: number | undefined, error?: unknown): void => {
    const durationMs = Math.round(performance.now() - startedAt);
    const shown = safeUrl(url);
    notify(observer.telemetry, "onRequest", { attempt, method: "GET", url: shown, status, error, durationMs });
    if (error === undefined) observer.logger.debug({ url: shown, durationMs }, "websocket opened");
  };
  const options = {
    url,
    headers: headersOn(line, {
      carrier: "websocket",
      defaults: keyAsBearer ? { ...bearerOf(sent.headers), ...defaultHeaders } : defaultHeaders,
      call: headers,
      credentials: sent.headers,
    }),
    secrets: sent.secrets,
    connectTimeoutMs,
    livenessTimeoutMs,
    compression,
    signal,
  };
  try {
    return await line.connections.open(options, (connection) => {
      told(101);
      observer.answered({ requestId: requestIdOf(connection.headers) });
      return wrap(connection);
    });
  } catch (error) {
    told(error instanceof HttpError ? error.status : undefined, error);
    throw error;
  }
}

function bearerOf({ "api-key": key }: HeaderInit): HeaderInit {
  return key ? { authorization: `Bearer ${key}` } : {};
}
