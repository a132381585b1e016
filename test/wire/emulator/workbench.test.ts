// The workbench of a server that is not the emulator.
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import WebSocket, { WebSocketServer } from "ws";
import { Workbench, type WorkbenchOptions } from "../../../src/emulator/index.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { send } from "./raw-client.ts";

const STREAM =
  'event: response.created\ndata: {"type":"response.created"}\n\nevent: x\ndata: {"type":"x","text":"ü"}\n\n';

/** A server that streams the same to every request, a byte at a time, and echoes what comes on WebSockets. */
async function inspected(options?: WorkbenchOptions) {
  const workbench = new Workbench(options);
  const server = createServer(async (message, response) => {
    if (workbench.handles(message)) return workbench.answer(message, response);
    const passing = workbench.begin(message, await buffer(message));
    passing.answered(200, { "content-type": "text/event-stream" });
    for (const byte of Buffer.from(STREAM)) passing.body(Buffer.of(byte));
    response.writeHead(200, { "content-type": "text/event-stream" }).end(STREAM);
    response.once("close", () => passing.end("finished"));
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (message, socket, head) => {
    const passing = workbench.begin(message);
    sockets.handleUpgrade(message, socket, head, (websocket) => {
      passing.answered(101, {});
      websocket.on("message", (data) => {
        passing.pass({ kind: "sent", data: String(data) });
        passing.pass({ kind: "received", data: String(data) });
        websocket.send(String(data));
      });
      websocket.on("close", (code) => passing.end("left", { code }));
    });
  });
  await listening(server);
  onTestFinished(async () => {
    server.closeAllConnections();
    for (const client of sockets.clients) client.terminate();
    await new Promise((resolve) => server.close(resolve));
  });
  return { workbench, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function listening(server: Server): Promise<void> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
}

it("shows what passes through any server that feeds it, its events found in the bytes", async () => {
  const { workbench, origin } = await inspected();
  await send(`${origin}/v1/responses`, { body: { model: "m", input: "hello" } });
  const [exchange] = workbench.traffic.exchanges;
  expect(exchange?.entries.map((entry) => ("data" in entry ? `${entry.kind} ${entry.data}` : entry.kind))).toEqual([
    "answer",
    'event {"type":"response.created"}',
    'event {"type":"x","text":"ü"}',
    "end",
  ]);
  expect((await send(`${origin}/`)).text).toContain("<!doctype html>");
  expect((await send(`${origin}/workbench/exchanges/1`)).text).toMatch(/^codex-wire transcript 1\n/);
  expect(await send(`${origin}/`, { headers: { host: "evil.example" } })).toMatchObject({ status: 403 });
});

it("waits for requests over both carriers, in the object and over HTTP", async () => {
  const { workbench, origin } = await inspected();
  const waiting = workbench.waitForRequests({ text: "weather" }, { count: 2 });
  await send(`${origin}/v1/responses`, { body: { model: "m", input: "the weather" }, headers: { "x-a": "1" } });
  const socket = new WebSocket(`${origin}/v1/responses`.replace("http", "ws"));
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "response.create", model: "m", input: "weather again" }));
  const entries = await waiting;
  expect(entries.map(({ request: { kind, connection } }) => [kind, connection])).toEqual([
    ["http", 1],
    ["frame", 2],
  ]);
  expect(entries[0]?.request.headers).toMatchObject({ "x-a": "1" });
  const over = `${origin}/workbench/journal?when=${encodeURIComponent('{"carrier":"websocket"}')}`;
  expect((await send(over)).json).toMatchObject({ entries: [{ request: { kind: "frame" } }] });
  await expect(workbench.waitForRequests({ text: "music" }, { timeoutMs: 5 })).rejects.toThrow(/others were/);
  socket.close();
});

it("records without credentials, until it is closed", async () => {
  const folder = temporaryFolder("codex-wire-workbench");
  const { workbench, origin } = await inspected({ record: { folder } });
  await send(`${origin}/v1/responses`, { body: { input: "hello" }, headers: { authorization: "Bearer of-nobody-1" } });
  const never = workbench.waitForRequests({ text: "never" });
  await Promise.all([expect(never).rejects.toThrow(/closed/), workbench.close()]);
  expect(readdirSync(folder)).toEqual(["0001-post-v1-responses.transcript.txt"]);
  const text = readFileSync(join(folder, "0001-post-v1-responses.transcript.txt"), "utf8");
  expect(text).toContain('event x {"type":"x","text":"ü"}');
  expect(text).not.toContain("of-nobody");
});
