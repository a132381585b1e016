import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import WebSocket from "ws";
import { type GatewayOptions, startGateway } from "../../../src/doors/gateway/index.ts";
import type { EmulatorOptions } from "../../../src/emulator/index.ts";
import { type AuthProvider, openaiProvider } from "../../../src/index.ts";
import { emulate } from "../../support/clients.ts";
import { open, send } from "../emulator/raw-client.ts";
import { wire } from "../session/support.ts";

const SECRET = "sk-proj-of-the-gateway-0123456789";
const SAID = `Incorrect API key provided: ${SECRET}.`;
const HELLO = { model: "gpt-5.5", input: "17*23", stream: true };

async function gateTo(baseUrl: string, options: Partial<GatewayOptions> = {}): Promise<string> {
  const gateway = await startGateway({
    provider: openaiProvider({ env: {}, baseUrl, proxy: false }),
    auth: { bearerToken: () => SECRET },
    env: {},
    ...options,
  });
  onTestFinished(() => gateway.close());
  return gateway.url;
}

async function gate(emulation: EmulatorOptions, options: Partial<GatewayOptions> = {}): Promise<string> {
  return gateTo((await emulate({ rateLimits: false, ...emulation })).url, options);
}

/** What a client of a WebSocket hears until its end. */
async function heard(url: string) {
  const socket = new WebSocket(`${url.replace("http", "ws")}/responses`);
  onTestFinished(() => socket.terminate());
  const messages: string[] = [];
  socket.on("message", (message) => messages.push(String(message)));
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "response.create", model: "m", input: "hi" }));
  const [code, reason] = (await once(socket, "close")) as [number, Buffer];
  return { messages, code, reason: String(reason) };
}

/** A service that answers everything in one way. */
async function service(status: number, headers: Record<string, string>, pieces: readonly string[]): Promise<string> {
  const server = createServer(async (_message, response) => {
    response.writeHead(status, headers);
    for (const piece of pieces) await new Promise<void>((resolve) => response.write(piece, () => resolve()));
    response.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

describe("the gateway's key, where the service repeats it,", () => {
  it("is blanked in every message of a WebSocket, wherever in it its type stands, and in the reason of its end", async () => {
    const padding = "x".repeat(400);
    const error = { padding, error: { message: SAID }, type: "error", status: 401, further: padding };
    const events = [wire.created, { type: "response.note", padding, said: SECRET, further: padding }, error];
    const url = await gate({ script: [{ events, close: { code: 1008, reason: SAID } }] });
    const { messages, code, reason } = await heard(url);
    expect(messages).toHaveLength(3);
    expect(messages[1]).toBe(JSON.stringify({ ...events[1], said: "[redacted]" }));
    expect(messages[2]).toContain("Incorrect API key provided: [redacted]");
    expect([code, reason]).toEqual([1008, "Incorrect API key provided: [redacted]."]);
  });

  it.each(["websocket", "http"] as const)(
    "is blanked in a failure over %s also after it was renewed, in a stream and collected",
    async (carrier) => {
      let current = SECRET;
      const auth: AuthProvider = { bearerToken: () => current };
      async function* events() {
        yield wire.created;
        yield wire.delta("x");
        current = "another-key";
        await send(`${url}/models`); // goes out with it
        yield wire.failed({ code: "server_error", message: SAID });
      }
      const url = await gate({ script: () => ({ events: events() }) }, { auth, carrier });
      for (const stream of [true, false]) {
        current = SECRET;
        const { text } = await send(`${url}/responses`, { body: { ...HELLO, stream } });
        expect(text).toContain("[redacted]");
        expect(text).not.toContain(SECRET);
      }
    },
  );

  it("is blanked in what is passed on: a refusal's headers and body, and the events of a stream however it is cut", async () => {
    const refused = await gateTo(await service(401, { "www-authenticate": `Bearer error="${SECRET}"` }, [SAID]));
    const refusal = await send(`${refused}/models`);
    expect(refusal.headers["www-authenticate"]).toBe('Bearer error="[redacted]"');
    expect(refusal.text).toBe("Incorrect API key provided: [redacted].");
    const event = `event: error\ndata: {"type":"error","message":"${SAID}"}\n\n`;
    const pieces = ["event: response.created\nda", "ta: {}\n\n", event.slice(0, 62), event.slice(62), "data: é"];
    const url = await gateTo(await service(200, { "content-type": "text/event-stream" }, pieces));
    const { text } = await send(`${url}/responses/resp_1?stream=true`);
    expect(text).toBe(pieces.join("").replace(SECRET, "[redacted]"));
  });
});

it("an event of a stream that is passed on reaches the client before the next one is there", async () => {
  let further = (): void => {};
  const server = createServer((_message, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
    further = () => response.end("data: 2\n\n");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const url = await gateTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`);
  const answer = await open(`${url}/responses/resp_1?stream=true`);
  const [first] = await once(answer, "data");
  expect(String(first)).toBe("data: 1\n\n");
  further();
  const [second] = await once(answer, "data");
  expect(String(second)).toBe("data: 2\n\n");
});
