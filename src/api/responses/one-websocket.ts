import { header } from "../headers.ts";
import { turnMetadataText } from "../service/call-options.ts";
import type { Service } from "../service/service.ts";
import type { JsonObject } from "../wire/json.ts";
import type { HttpResponseCall } from "./http-response.ts";
import type { EventIterator, ResponseStream } from "./stream.ts";
import { connectResponses } from "./websocket-client.ts";
import { type ResponsesWebsocketConnection, respondOn } from "./websocket-connection.ts";

/** A connection for one response. */
export function connectOnce(
  service: Service,
  { options, part }: HttpResponseCall,
): Promise<ResponsesWebsocketConnection> {
  const { conversationId, turnMetadata, turnState, headers, signal } = options;
  return connectResponses(service, { conversationId, turnMetadata, turnState, headers, signal }, part);
}

/** The response, whose end closes the connection. */
export async function respondOnce(
  connection: ResponsesWebsocketConnection,
  { body, options, part }: HttpResponseCall,
): Promise<ResponseStream> {
  const { traceContext, turnState, signal, wireEvents, incomplete, laterEvents } = options;
  const metadata = turnMetadataText(options.turnMetadata);
  const clientMetadata = metadata === undefined ? undefined : { [header.turnMetadata]: metadata };
  const reading = { wireEvents, incomplete, laterEvents };
  try {
    return await respondOn(connection, {
      body: body as JsonObject,
      options: { ...reading, traceContext, turnState, signal, clientMetadata },
      observer: part.observer,
      isOwnCall: true,
      dress: (events) => closing(events, connection),
    });
  } catch (error) {
    await connection.close();
    throw error;
  }
}

function closing(events: EventIterator, connection: ResponsesWebsocketConnection): EventIterator {
  const closed = async <Result>(result: Result): Promise<Result> => {
    await connection.close();
    return result;
  };
  return {
    async next() {
      try {
        const step = await events.next();
        return step.done ? await closed(step) : step;
      } catch (error) {
        await connection.close();
        throw error;
      }
    },
    async return() {
      return closed(await events.return());
    },
    async leave(reason) {
      await events.leave(reason);
      await connection.close();
    },
  };
}
