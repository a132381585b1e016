import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { EventEmitter, once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import { send } from "../../emulator/raw-client.ts";
import { HELLO } from "../support.ts";
import { gate, gateTo, openRaw, serviceOf, UPGRADE } from "./support.ts";

/** A gateway whose service delays WebSockets: `asked` resolves when one is requested, and `open` accepts it. */
async function slowGate() {
  const events = new EventEmitter();
  const asked = once(events, "asked");
  const gated = await gate({
    script: async ({ kind }) => {
      if (kind !== "handshake") return undefined;
      events.emit("asked");
      await once(events, "open");
      return {};
    },
  });
  return { ...gated, asked, open: () => events.emit("open") };
}

describe("a client's WebSocket", () => {
  it.each([
    ["has no key", UPGRADE.replace(/sec-websocket-key.*\r\n/, "")],
    ["is of another version", UPGRADE.replace("version: 13", "version: 7")],
    ["is no GET", UPGRADE.replace("GET", "POST")],
  ])("whose handshake %s leaves none behind at the service", async (_, handshake) => {
    const { gateway, emulator } = await gate();
    const socket = await openRaw(gateway.url, handshake);
    const [answer] = await once(socket, "data");
    expect(String(answer)).toMatch(/^HTTP\/1\.1 40[05] /);
    await emulator.waitForClosedWebSockets(1);
  });

  it("that ends before the service has taken its own leaves none behind", async () => {
    const { gateway, emulator, asked, open, entries } = await slowGate();
    const socket = await openRaw(gateway.url, UPGRADE);
    await asked;
    socket.end();
    open();
    await emulator.waitForClosedWebSockets(1);
    expect(entries).toMatchObject([{ end: "left" }]);
  });

  it("that waits for the service's holds no end up", async () => {
    const { gateway, asked } = await slowGate();
    await openRaw(gateway.url, UPGRADE);
    await asked;
    await gateway.close();
  });
});

it("an upload may take an hour, and the head of a request a minute", async () => {
  const limits: object[] = [];
  const note = (message: unknown): void => void limits.push((message as { readonly server: object }).server);
  subscribe("http.server.request.start", note);
  onTestFinished(() => void unsubscribe("http.server.request.start", note));
  const { gateway } = await gateTo(await serviceOf((_message, response) => void response.end("{}")));
  await send(`${gateway.url}/models`);
  expect(limits).toHaveLength(2);
  expect(limits).toContainEqual(expect.objectContaining({ requestTimeout: 3_600_000, headersTimeout: 60_000 }));
});

describe("a request for a response", () => {
  it("gets the service's refusal whatever headers that names for it", async () => {
    const headers = { "bad name": "x", "x-split": "a\r\nset-cookie: b", "retry-after": "7" };
    const refused = { type: "error", status: 429, headers, error: { code: "rate_limit_exceeded", message: "slow" } };
    const { url } = await gate({
      script: ({ kind }) => (kind === "frame" ? { frames: [JSON.stringify(refused)] } : undefined),
    });
    const answer = await send(url, { body: HELLO });
    expect(answer).toMatchObject({ status: 429, headers: { "retry-after": "7" }, json: { error: refused.error } });
    expect(answer.headers).not.toHaveProperty("x-split");
  });

  it("that is nested too deeply is the client's fault", async () => {
    const { url, emulator } = await gate();
    const content = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    const body = `{"model":"m","stream":true,"input":[{"type":"message","role":"user","content":${content}}]}`;
    const answer = await send(url, { body, headers: { "content-type": "application/json" } });
    expect(answer).toMatchObject({ status: 400, json: { error: { code: "build" } } });
    expect(emulator.requests.filter(({ kind }) => kind !== "handshake")).toEqual([]);
  });
});
