import { onTestFinished } from "vitest";
import { WebSocketConnection, type WebSocketEnd, type WebSocketOptions } from "../../../src/client/websocket/index.ts";
import { testDialer } from "../proxy/support.ts";

export interface Heard {
  readonly texts: string[];
  readonly binaries: Uint8Array[];
  readonly ended: Promise<WebSocketEnd>;
  /** Resolves when so many texts have come. */
  texted(count: number): Promise<void>;
}

/** Opens a WebSocket without a proxy, ended with the test. */
export async function open(url: string, options: Partial<WebSocketOptions> = {}): Promise<WebSocketConnection> {
  const connection = await WebSocketConnection.open({ url, headers: {}, dialer: testDialer(), ...options });
  onTestFinished(() => connection.terminate());
  return connection;
}

/** Attaches a sink that keeps everything. */
export function listen(connection: WebSocketConnection): Heard {
  const texts: string[] = [];
  const binaries: Uint8Array[] = [];
  const waiting: { count: number; resolve(): void }[] = [];
  const ended = new Promise<WebSocketEnd>((resolve) => {
    connection.attach({
      text: (message) => {
        texts.push(message);
        for (const each of waiting) if (texts.length >= each.count) each.resolve();
      },
      binary: (message) => binaries.push(message),
      ended: resolve,
    });
  });
  return {
    texts,
    binaries,
    ended,
    texted: (count) =>
      new Promise((resolve) => {
        if (texts.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
  };
}
