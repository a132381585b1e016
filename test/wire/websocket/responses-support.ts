import { onTestFinished } from "vitest";
import type { ProviderConfig } from "../../../src/api/provider.ts";
import type { ResponseEvent } from "../../../src/api/responses/events/types.ts";
import { ResponsesWebSocketClient } from "../../../src/api/responses/websocket/client.ts";
import type { ResponsesWebSocketConnection } from "../../../src/api/responses/websocket/connection.ts";
import type { WebSocketConnectOptions } from "../../../src/api/responses/websocket/options.ts";
import { TurnState } from "../../../src/api/service/call-options.ts";
import type { ServiceOptions } from "../../../src/api/service/options.ts";
import { clientOptions } from "../../support/clients.ts";

export interface Setup {
  readonly provider?: Partial<ProviderConfig>;
  readonly client?: Partial<ServiceOptions>;
  readonly connect?: WebSocketConnectOptions;
}

export function websocketClient(baseUrl: string, { provider, client }: Setup = {}): ResponsesWebSocketClient {
  return new ResponsesWebSocketClient({ ...clientOptions(baseUrl, provider), ...client });
}

/** An open connection, closed with the test. */
export async function connect(baseUrl: string, setup: Setup = {}): Promise<ResponsesWebSocketConnection> {
  const connection = await websocketClient(baseUrl, setup).connect(setup.connect);
  onTestFinished(() => connection.close());
  return connection;
}

export const wire = {
  created: { type: "response.created", response: { id: "r" } },
  delta: (text: string) => ({ type: "response.output_text.delta", delta: text }),
  completed: { type: "response.completed", response: { id: "r" } },
};

/** Stands for whatever may throw while an event is read. */
export function brokenTurnState(): TurnState {
  const state = new TurnState();
  state.set = (value) => {
    if (value !== undefined) throw new RangeError("too deep");
  };
  return state;
}

/** Types of the events, without those that every handshake brings. */
export function typesOf(events: readonly ResponseEvent[]): string[] {
  const ofHandshake = new Set(["server_model", "models_etag", "server_reasoning_included", "rate_limits"]);
  return events.map(({ type }) => type).filter((type) => !ofHandshake.has(type));
}
