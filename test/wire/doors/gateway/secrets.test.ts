import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import WebSocket from "ws";
import { type AuthProvider, apiKeyAuth } from "../../../../src/index.ts";
import { open, send } from "../../emulator/raw-client.ts";
import { wire } from "../../session/support.ts";
import { HELLO } from "../support.ts";
import { connect, gate, gateTo, serviceOf } from "./support.ts";

const SECRET = "sk-proj-of-the-gateway-0123456789";
const SAID = `Incorrect API key provided: ${SECRET}.`;

const OURS = { auth: { bearerToken: () => SECRET } };

/** What a client of a WebSocket receives until its end. */
async function received(url: string) {
  const socket = new WebSocket(url.replace("http", "ws"));
  onTestFinished(() => socket.terminate());
  const messages: string[] = [];
  socket.on("message", (message) => messages.push(String(message)));
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "response.create", model: "m", input: "hi" }));
  const [code, reason] = (await once(socket, "close")) as [number, Buffer];
  return { messages, code, reason: String(reason) };
}

/** A service that answers everything with these pieces. */
function serviceSending(status: number, headers: Record<string, string>, pieces: readonly string[]): Promise<string> {
  return serviceOf(async (_message, response) => {
    response.writeHead(status, headers);
    for (const piece of pieces) await new Promise<void>((resolve) => response.write(piece, () => resolve()));
    response.end();
  });
}

describe("the gateway's key, if the service repeats it,", () => {
  it("is removed from every message of a WebSocket, wherever in it the type is, and from the close reason", async () => {
    const padding = "x".repeat(400);
    const error = { padding, error: { message: SAID }, type: "error", status: 401, further: padding };
    const events = [wire.created, { type: "response.note", padding, said: SECRET, further: padding }, error];
    const { url } = await gate({ requireAuth: true, script: [{ events, close: { code: 1008, reason: SAID } }] }, OURS);
    const { messages, code, reason } = await received(url);
    expect(messages).toHaveLength(3);
    expect(messages[1]).toBe(JSON.stringify({ ...events[1], said: "[redacted]" }));
    expect(messages[2]).toContain("Incorrect API key provided: [redacted]");
    expect([code, reason]).toEqual([1008, "Incorrect API key provided: [redacted]."]);
  });

  it.each(["websocket", "http"] as const)(
    "is removed from a failure over %s even after it was renewed, streamed or collected",
    async (carrier) => {
      let current = SECRET;
      const auth: AuthProvider = { bearerToken: () => current };
      async function* events() {
        yield wire.created;
        yield wire.delta("x");
        current = "another-key";
        await send(`${gateway.url}/models`); // is sent with the new key
        yield wire.failed({ code: "server_error", message: SAID });
      }
      const script = () => ({ events: events() });
      const { gateway, url } = await gate({ requireAuth: true, script }, { auth, carrier });
      for (const stream of [true, false]) {
        current = SECRET;
        const { text } = await send(url, { body: { ...HELLO, stream } });
        expect(text).toContain("[redacted]");
        expect(text).not.toContain(SECRET);
      }
    },
  );

  it("is removed from what is forwarded: a refusal's headers and body, and a stream's events, however they are divided", async () => {
    const refusing = await serviceSending(401, { "www-authenticate": `Bearer error="${SECRET}"` }, [SAID]);
    const refusal = await send(`${(await gateTo(refusing, OURS)).gateway.url}/models`);
    expect(refusal.headers["www-authenticate"]).toBe('Bearer error="[redacted]"');
    expect(refusal.text).toBe("Incorrect API key provided: [redacted].");
    const event = `event: error\ndata: {"type":"error","message":"${SAID}"}\n\n`;
    const pieces = ["event: response.created\nda", "ta: {}\n\n", event.slice(0, 62), event.slice(62), "data: é"];
    const streaming = await serviceSending(200, { "content-type": "text/event-stream" }, pieces);
    const { url } = await gateTo(streaming, OURS);
    const { text } = await send(`${url}/resp_1?stream=true`);
    expect(text).toBe(pieces.join("").replace(SECRET, "[redacted]"));
  });

  it.each([
    ["in a refusal", { status: 400, body: { error: { message: "no good: of-the-gateway-1" } } }, true],
    ["in a failed response", { failed: { code: "x", message: "no good: of-the-gateway-1" } }, true],
    ["in a failed response that is collected", { failed: { code: "x", message: "no good: of-the-gateway-1" } }, false],
  ])("is removed %s", async (_where, step, stream) => {
    const options = { auth: apiKeyAuth("of-the-gateway-1") };
    for (const carrier of ["websocket", "http"] as const) {
      const { url } = await gate({ requireAuth: true, script: [step] }, { ...options, carrier });
      const { text } = await send(url, { body: { ...HELLO, stream } });
      expect(text).toContain("no good: [redacted]");
      expect(text).not.toContain("of-the-gateway-1");
    }
    const { gateway, url } = await gate(
      { requireAuth: true, script: [step, { status: 404, body: "of-the-gateway-1" }] },
      options,
    );
    const socket = await connect(url);
    const failed = new Promise<string>((resolve) =>
      socket.on("message", (data) => String(data).includes("no good") && resolve(String(data))),
    );
    socket.send(JSON.stringify({ type: "response.create", model: "m", input: "hi" }));
    expect(await failed).toContain("no good: [redacted]");
    expect((await send(`${gateway.url}/models`)).text).toBe("[redacted]");
  });
});

it("an event of a forwarded stream reaches the client before the next one arrives", async () => {
  let further = (): void => {};
  const service = await serviceOf((_message, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
    further = () => response.end("data: 2\n\n");
  });
  const { url } = await gateTo(service, OURS);
  const answer = await open(`${url}/resp_1?stream=true`);
  const [first] = await once(answer, "data");
  expect(String(first)).toBe("data: 1\n\n");
  further();
  const [second] = await once(answer, "data");
  expect(String(second)).toBe("data: 2\n\n");
});

it("keys that a client sends reach no service, whatever their header is; other headers do", async () => {
  const { emulator, url } = await gate();
  const keys = {
    "api-key": "k",
    "x-goog-api-key": "k",
    "x-auth-token": "k",
    "helicone-auth": "Bearer k",
    cookie: "k=k",
  };
  const others = { "idempotency-key": "i", "x-team": "search" };
  await send(url, { body: HELLO, headers: { ...keys, ...others } });
  await send(url.replace("/responses", "/models"), { headers: { ...keys, ...others } });
  const socket = await connect(url, { ...keys, ...others });
  socket.close();
  expect(emulator.requests.map(({ kind, method }) => `${kind} ${method}`)).toEqual(
    expect.arrayContaining(["http GET", "handshake GET"]),
  );
  for (const { headers } of emulator.requests) {
    expect(headers).toMatchObject({ ...others, authorization: "Bearer inside" });
    expect(Object.keys(keys).filter((name) => headers[name] !== undefined)).toEqual([]);
  }
});
