import { header } from "../../headers.ts";
import { isAzure, websocketUrl } from "../../provider.ts";
import type { CallScope } from "../../service/call.ts";
import { conversationHeaders } from "../../service/call-options.ts";
import { ServiceClient } from "../../service/client.ts";
import type { Service } from "../../service/service.ts";
import { ResponsesWebSocketConnection } from "./connection.ts";
import { checkConnectOptions, type WebSocketConnectOptions } from "./options.ts";

/** The protocol version, which the service expects in the handshake. */
const RESPONSES_WEBSOCKETS = "responses_websockets=2026-02-06";

/** Opens WebSockets to `{baseUrl}/responses`, with the same certificates, proxies, identity and credentials as HTTP. */
export class ResponsesWebSocketClient extends ServiceClient {
  /**
   * Opens a connection. It is not retried, except once after a 401 if the credentials could be renewed. Redirects are not followed.
   *
   * @throws The kinds of `docs/errors.md`: a refusal by its status, as over HTTP (`http`, `rate_limit`, …), `timeout` of phase `connect`,
   *   `network`, `build`, `aborted`. {@link StreamError} `websocket closed`: the server hung up instead of answering.
   */
  async connect(options: WebSocketConnectOptions = {}): Promise<ResponsesWebSocketConnection> {
    return connectResponses(this.service, options);
  }
}

/** @param scope - That of the session's call that needs the connection. Default: a call of its own. */
export async function connectResponses(
  service: Service,
  options: WebSocketConnectOptions,
  scope?: CallScope,
): Promise<ResponsesWebSocketConnection> {
  checkConnectOptions(options);
  const { provider, limits } = service;
  const { turnState, traceContext } = options;
  const { sessionHeaders } = provider;
  const { observer } = service.line;
  const handshake = {
    url: websocketUrl(provider, "responses"),
    endpoint: "responses.connect",
    hasOtherCarrier: true,
    defaultHeaders: options.defaultHeaders,
    headers: {
      [header.openaiBeta]: RESPONSES_WEBSOCKETS,
      ...conversationHeaders({ ...options, sessionSource: undefined }, sessionHeaders),
      ...options.headers,
      ...withOwnBeta(options.headers),
    },
    keyAsBearer: isAzure(provider), // its documentation knows no other form here, though HTTP takes both
    compression: options.compression,
    signal: options.signal,
    scope,
  };
  return service.open(handshake, (connection) => {
    turnState?.set(connection.headers[header.turnState]);
    return new ResponsesWebSocketConnection(connection, { provider, limits, observer, traceContext });
  });
}

/** Adds our value to the caller's, which is kept. */
function withOwnBeta(headers: WebSocketConnectOptions["headers"] = {}): WebSocketConnectOptions["headers"] {
  const given = Object.entries(headers).find(([name]) => name.toLowerCase() === header.openaiBeta)?.[1];
  if (given === undefined || given.includes("responses_websockets=")) return {};
  return { [header.openaiBeta]: `${given}, ${RESPONSES_WEBSOCKETS}` };
}
