import { ResponsesClient } from "../api/responses/client.ts";
import type { ResponseStream } from "../api/responses/stream.ts";
import { ResponsesWebsocketClient } from "../api/responses/websocket-client.ts";
import type { ClientOptions } from "../api/service/service.ts";
import type { TransportChoice } from "../api/session/options.ts";
import type { JsonObject } from "../api/wire/json.ts";
import type { ResponsesRequest } from "../api/wire/requests.ts";
import { outlookOf } from "../client/failure/outlook.ts";

/** Carries one response. No session: that would complete a body which is to be sent as it is. */
export interface ResponseSender {
  stream(request: ResponsesRequest): Promise<ResponseStream>;
  streamBody(body: JsonObject): Promise<ResponseStream>;
  close(): Promise<void>;
}

interface Call {
  readonly conversationId: string | undefined;
  readonly signal: AbortSignal;
}

/** With `auto`, HTTP takes over where a session would let it: when the WebSocket does not open. */
export async function openSender(
  client: ClientOptions,
  transport: TransportChoice,
  call: Call,
): Promise<ResponseSender> {
  const isAuto = transport === "auto" && client.provider.supportsWebsockets === true;
  if (transport !== "websocket" && !isAuto) return overHttp(client, call);
  try {
    return await overWebsocket(client, call);
  } catch (error) {
    if (!isAuto || outlookOf(error, { carrier: "websocket", step: "handshake" }).outlook !== "elsewhere") throw error;
    client.logger?.warn({ reason: (error as Error).message }, "no WebSocket opens; the request goes over HTTP");
    return overHttp(client, call);
  }
}

function overHttp(options: ClientOptions, call: Call): ResponseSender {
  const client = new ResponsesClient(options);
  return {
    stream: (request) => client.stream(request, call),
    streamBody: (body) => client.streamBody(body, call),
    close: async () => {},
  };
}

async function overWebsocket(options: ClientOptions, call: Call): Promise<ResponseSender> {
  const { signal } = call;
  const connection = await new ResponsesWebsocketClient(options).connect(call);
  return {
    stream: (request) => connection.stream(request, { signal }),
    streamBody: (body) => connection.streamBody(body, { signal }),
    close: () => connection.close(),
  };
}
