import { describe, expect, it, onTestFinished } from "vitest";
import { ResponsesClient } from "../../../src/api/responses/client.ts";
import { ResponsesWebSocketClient } from "../../../src/api/responses/websocket/client.ts";
import { UndiciTransport } from "../../../src/client/http/undici-transport.ts";
import { createDialer } from "../../../src/client/route/index.ts";
import { createTrust, loadCaBundle } from "../../../src/client/trust/index.ts";
import { clientOptions, emulate } from "../../support/clients.ts";
import { get } from "../../support/transport.ts";

const fail = (): never => {
  throw new Error("the observer is broken");
};
// An unhandled rejection fails the whole run.
const failLater = async (): Promise<void> => fail();

describe.each([
  ["at once", fail],
  ["later", failLater],
])("a logger and a telemetry whose every call fails %s", (_when, broken) => {
  const logger = { debug: broken, info: broken, warn: broken, error: broken };
  const telemetry = { onRequest: broken, onRetry: broken, onStreamPoll: broken, onSkippedEvent: broken };
  // The first event is skipped, and the log says so.
  const raw = [
    "data: no JSON\n\n",
    `data: ${JSON.stringify({ type: "response.completed", response: { id: "resp_1" } })}\n\n`,
  ];

  it("change nothing about a response over HTTP", async () => {
    const emulator = await emulate({ script: [{ status: 503 }, { raw }] });
    const client = new ResponsesClient({ ...clientOptions(emulator.url), logger, telemetry });
    const stream = await client.stream({ model: "m", input: "hello" });
    expect((await stream.collect()).responseId).toBe("resp_1");
    expect(emulator.requests.length).toBe(2);
  });

  it("change nothing about one over a WebSocket", async () => {
    const emulator = await emulate();
    const connection = await new ResponsesWebSocketClient({
      ...clientOptions(emulator.url),
      logger,
      telemetry: { ...telemetry, onWebSocketRequest: broken },
    }).connect();
    const stream = await connection.stream({ model: "m", input: "hello" });
    expect((await stream.collect()).responseId).not.toBe("");
    await connection.close();
  });

  it("change nothing about the transport alone, its trust and its route", async () => {
    const emulator = await emulate({ tls: true });
    const dialer = createDialer({
      trust: createTrust({ env: {}, ca: { pem: emulator.caPem ?? "" }, logger }),
      env: {},
      logger,
    });
    const transport = new UndiciTransport({ dialer, logger });
    onTestFinished(() => transport.close());
    const { status } = await transport.execute(get(`${emulator.url}/models?client_version=1.0.0`));
    expect(status).toBe(200);
    expect(() => loadCaBundle({}, { logger })).not.toThrow();
  });
});
