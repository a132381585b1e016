import { onTestFinished } from "vitest";
import type { ProviderConfig } from "../../../src/api/provider.ts";
import { type RealtimeConnectOptions, RealtimeWebSocketClient } from "../../../src/api/realtime/client.ts";
import type { RealtimeWebSocketConnection } from "../../../src/api/realtime/connection/connection.ts";
import type { RealtimeEvent } from "../../../src/api/realtime/events.ts";
import type { RealtimeSessionConfig } from "../../../src/api/realtime/settings.ts";
import type { ServiceOptions } from "../../../src/api/service/options.ts";
import { clientOptions } from "../../support/clients.ts";
import { frame, opcode, type RawPeer, type RawServerOptions, serveRaw } from "../websocket/raw-server.ts";

export interface Setup {
  readonly config?: Partial<RealtimeSessionConfig>;
  readonly provider?: Partial<ProviderConfig>;
  readonly client?: Partial<ServiceOptions>;
  readonly connect?: RealtimeConnectOptions;
  readonly server?: RawServerOptions;
}

export function realtimeClient(baseUrl: string, { provider, client }: Setup = {}): RealtimeWebSocketClient {
  return new RealtimeWebSocketClient({ ...clientOptions(baseUrl, provider), ...client });
}

/** An open session, ended with the test. */
export async function connect(baseUrl: string, setup: Setup = {}): Promise<RealtimeWebSocketConnection> {
  const config = { instructions: "Be brief.", ...setup.config };
  const connection = await realtimeClient(baseUrl, setup).connect(config, setup.connect);
  onTestFinished(() => connection.terminate());
  return connection;
}

/** A session with a server that the test controls. */
export class Line {
  readonly connection: RealtimeWebSocketConnection;
  readonly peer: RawPeer;

  private constructor(connection: RealtimeWebSocketConnection, peer: RawPeer) {
    this.connection = connection;
    this.peer = peer;
  }

  /** After the client's `session.update`. */
  static async open(setup: Setup = {}): Promise<Line> {
    let opened: (peer: RawPeer) => void = () => {};
    const peer = new Promise<RawPeer>((resolve) => {
      opened = resolve;
    });
    const server = await serveRaw((each) => opened(each), setup.server);
    const line = new Line(await connect(server.url, setup), await peer);
    await line.peer.nextFrame();
    return line;
  }

  /** The client's next message. */
  async heard(): Promise<unknown> {
    const { payload } = await this.peer.nextFrame();
    return JSON.parse(payload.toString());
  }

  /** Server events, in one packet. */
  say(...events: readonly object[]): void {
    this.peer.socket.write(Buffer.concat(events.map((event) => frame(opcode.text, JSON.stringify(event)))));
  }
}

export async function nextEvents(connection: RealtimeWebSocketConnection, count: number): Promise<RealtimeEvent[]> {
  const events: RealtimeEvent[] = [];
  for await (const event of connection) if (events.push(event) === count) return events;
  throw new Error(`only ${events.length} of ${count} events came`);
}

/** For what no event tells. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise(setImmediate);
}
