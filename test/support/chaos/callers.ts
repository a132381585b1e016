import type { ServiceOptions } from "../../../src/api/service/options.ts";
import {
  CodexApi,
  type ResponseEvent,
  type ResponseStream,
  ResponsesClient,
  type ResponsesRequest,
  ResponsesSession,
  ResponsesWebSocketClient,
} from "../../../src/index.ts";
import type { Item } from "./history.ts";
import type { Random } from "./random.ts";

/** A way of asking for responses. */
export interface Caller {
  stream(input: readonly Item[]): AsyncIterable<ResponseEvent> | Promise<AsyncIterable<ResponseEvent>>;
  prewarm?(): Promise<void>;
  close?(): Promise<void>;
}

export function httpCaller(options: ServiceOptions): Caller {
  const client = new ResponsesClient(options);
  return { stream: (input) => client.stream(request(input)) };
}

/** Uses a new connection for each call. */
export function webSocketCaller(options: ServiceOptions): Caller {
  const client = new ResponsesWebSocketClient(options);
  return {
    async *stream(input) {
      const connection = await client.connect();
      try {
        yield* await connection.stream(request(input));
      } finally {
        await connection.close();
      }
    },
  };
}

export function sessionCaller(options: ServiceOptions): Caller {
  const session = new ResponsesSession(options);
  return {
    stream: (input) => session.stream(request(input)),
    prewarm: () => session.prewarm(request([])),
    close: () => session.close(),
  };
}

/** Average number of events after which a reader leaves. */
const STAY = 15;
/** How often it continues after it left or its stream broke. */
const MOST_RETURNS = 4;

/**
 * Background responses. Their reader sometimes leaves, and continues from its position with a new client, as another process would. All
 * that it reads together is one answer.
 */
export function backgroundCaller(options: ServiceOptions, random: Random): Caller {
  const [first, other] = [new CodexApi(options), new CodexApi(options)];
  return {
    async *stream(input) {
      let position: ResponseStream["position"];
      for (let returns = 0; ; returns += 1) {
        try {
          const stream = position
            ? await other.responses.resume(position.responseId, { after: position })
            : await first.responses.stream({ ...request(input), background: true });
          for await (const event of stream) {
            position = stream.position;
            yield event;
            if (event.type === "completed") return;
            if (position && returns < MOST_RETURNS && random.chance(1 / STAY)) break;
          }
        } catch (error) {
          if (!position || returns >= MOST_RETURNS) throw error;
        }
      }
    },
    async close() {
      await first.close();
      await other.close();
    },
  };
}

function request(input: readonly Item[]): ResponsesRequest {
  return { model: "m", input: input as never };
}
