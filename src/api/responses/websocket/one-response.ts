import { header } from "../../headers.ts";
import { turnMetadataText } from "../../service/call-options.ts";
import type { Service } from "../../service/service.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { ResponseCall } from "../http-response.ts";
import { observed } from "../observed.ts";
import { streamOptionsOf } from "../options.ts";
import type { ResponseStream } from "../stream.ts";
import { connectResponses } from "./client.ts";
import { type ResponsesWebSocketConnection, respondOn } from "./connection.ts";
import { createFrame } from "./frames.ts";

/** Opens a connection for one response. */
export function connectOnce(service: Service, { options, scope }: ResponseCall): Promise<ResponsesWebSocketConnection> {
  const { conversationId, turnMetadata, turnState, headers, signal } = options;
  return connectResponses(service, { conversationId, turnMetadata, turnState, headers, signal }, scope);
}

/** Sends the request; the end of the response closes the connection. */
export async function respondOnce(
  connection: ResponsesWebSocketConnection,
  { body, options, scope }: ResponseCall,
): Promise<ResponseStream> {
  const { traceContext, turnState, signal } = options;
  const metadata = turnMetadataText(options.turnMetadata);
  const clientMetadata = metadata === undefined ? undefined : { [header.turnMetadata]: metadata };
  const close = (): Promise<void> => connection.close();
  try {
    return await respondOn(connection, {
      frame: createFrame(body as JsonObject, { clientMetadata, traceContext }),
      options: { ...streamOptionsOf(options), turnState, signal },
      observer: scope.observer,
      isOwnCall: true,
      wrap: (source) => observed(source, { ended: close, failed: close, left: close }),
    });
  } catch (error) {
    await close();
    throw error;
  }
}
