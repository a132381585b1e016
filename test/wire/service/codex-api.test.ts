import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { apiKeyAuth, noAuth } from "../../../src/api/auth.ts";
import { CodexApi } from "../../../src/api/codex-api.ts";
import { ModelsClient } from "../../../src/api/endpoints/models/client.ts";
import { openaiProvider } from "../../../src/api/providers.ts";
import { ResponsesClient } from "../../../src/api/responses/client.ts";
import { ResponsesSession } from "../../../src/api/session/session.ts";
import { packageVersion } from "../../../src/client/version.ts";
import { clientOptions, emulate } from "../../support/clients.ts";
import { errorOf } from "../../support/transport.ts";

const request = { model: "m", input: "repeat: hi" };

async function openApi(options: Parameters<typeof emulate>[0] = {}) {
  const emulator = await emulate(options);
  const api = new CodexApi(clientOptions(emulator.url));
  onTestFinished(() => api.close());
  return { emulator, api };
}

describe("the defaults", () => {
  it("are OpenAI at OPENAI_BASE_URL with the key in OPENAI_API_KEY", async () => {
    const emulator = await emulate();
    await using api = new CodexApi({ env: { OPENAI_BASE_URL: emulator.url, OPENAI_API_KEY: " sk-1 \n" } });
    expect((await api.responses.create(request)).text).toBe("hi");
    expect(emulator.requests[0]?.headers.authorization).toBe("Bearer sk-1");
  });

  it("without a key are a build error that names the variable", () => {
    expect(() => new CodexApi({ env: {} })).toThrow(
      expect.objectContaining({ kind: "build", message: expect.stringContaining("OPENAI_API_KEY") }),
    );
  });

  it("send OpenAI's key to no other provider", () => {
    const provider = openaiProvider({ env: {}, name: "other", baseUrl: "https://other.example/v1" });
    expect(() => new CodexApi({ provider, env: { OPENAI_API_KEY: "sk-1" } })).toThrow(
      expect.objectContaining({
        kind: "build",
        message: expect.stringContaining('the base URL of provider "other" names another'),
      }),
    );
  });
});

it("every part of it answers over the one line", async () => {
  const { emulator, api } = await openApi();
  expect((await api.models.list()).models.length).toBeGreaterThan(0);
  expect((await api.compact({ model: "m", input: "x" })).length).toBeGreaterThan(0);
  expect((await api.search({ id: "s", model: "m" })).output).not.toBe("");
  expect((await api.images.generate({ prompt: "p", model: "m" })).data).toHaveLength(1);
  const over = async (carrier: "websocket" | "http") =>
    (await api.responses.create({ model: "m", input: `repeat: ${carrier}` }, { carrier })).text;
  expect(await over("websocket")).toBe("websocket");
  expect(await over("http")).toBe("http");
  await emulator.waitForClosedWebSockets(1); // one for one response is closed with it
  const connections = emulator.requests.filter(({ kind }) => kind === "http").map(({ connection }) => connection);
  expect(new Set(connections).size).toBe(1);
});

it("clients with its service share its connections, and closing them leaves it open", async () => {
  const { emulator, api } = await openApi();
  const { service } = api;
  await api.responses.create(request);
  const shared = new ResponsesClient({ service });
  await shared.create(request);
  await shared.close();
  await new ModelsClient({ service }).list();
  await api.responses.create(request);
  expect(new Set(emulator.requests.map(({ connection }) => connection)).size).toBe(1);
});

it("one identity is on every request, handshake and models query", async () => {
  const emulator = await emulate();
  const identity = { originator: "agent", clientVersion: "7.8.9" };
  await using api = new CodexApi({ ...clientOptions(emulator.url), identity });
  await api.responses.create(request);
  await api.models.list();
  await (await api.websocket()).close();
  await (await api.session().stream(request)).collect();
  await (await api.realtime.connect({ model: "gpt-realtime" })).close();
  const asked = emulator.requests.filter(({ kind }) => kind !== "frame");
  expect(asked.length).toBeGreaterThanOrEqual(5);
  for (const { headers } of asked) {
    expect(headers).toMatchObject({ originator: "agent", version: "7.8.9" });
    expect(headers["user-agent"]).toMatch(/^agent\/7\.8\.9 \(/);
  }
  expect(emulator.requests.find(({ path }) => path.includes("models"))?.path).toContain("client_version=7.8.9");
});

it("asks a models list for this package's version where nobody gives one", async () => {
  const { emulator, api } = await openApi();
  await api.models.list();
  expect(emulator.requests[0]?.path).toContain(`client_version=${packageVersion}`);
  expect(emulator.requests[0]?.headers.version).toBe(packageVersion);
});

describe("closing", () => {
  it("ends what runs, what is open and what is asked for later", async () => {
    const { emulator, api } = await openApi({ script: [{ stallAfterEvents: 1 }] });
    const stream = await api.responses.stream(request);
    const connection = await api.websocket();
    const reading = errorOf(stream.collect());
    await api.close();
    expect(await reading).toMatchObject({ kind: expect.stringMatching(/^(network|stream)$/) });
    expect(connection.isClosed).toBe(true);
    await emulator.waitForClosedWebSockets(1);
    expect(await errorOf(api.responses.create(request))).toMatchObject({ kind: "build" });
    expect(await errorOf(api.websocket())).toMatchObject({ kind: "build" });
  });

  it("ends a handshake that nobody answers", async () => {
    const server = createServer((socket) => socket.on("error", () => {}));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const api = new CodexApi(clientOptions(`http://127.0.0.1:${port}/v1`));
    const connected = new Promise<void>((resolve) => {
      server.once("connection", (socket) => socket.once("data", () => resolve()));
    });
    const opening = errorOf(api.websocket());
    await connected;
    await api.close();
    expect(await opening).toMatchObject({ kind: "build", message: expect.stringContaining("closed") });
  });

  it("of a derived one ends its own WebSockets alone", async () => {
    const { api } = await openApi();
    const one = api.as(apiKeyAuth("one"));
    const two = api.as(apiKeyAuth("two"));
    const [ofOne, ofTwo] = [await one.websocket(), await two.websocket()];
    await one.close();
    expect([ofOne.isClosed, ofTwo.isClosed]).toEqual([true, false]);
    expect(await errorOf(one.responses.create(request))).toMatchObject({ kind: "build" });
    expect((await two.responses.create(request)).text).toBe("hi");
    await api.close();
    expect(ofTwo.isClosed).toBe(true);
  });

  it("of a session that opened its own line leaves nothing open", async () => {
    const server = createHttpServer((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(`data: ${JSON.stringify({ type: "response.completed", response: { id: "r" } })}\n\n`);
    });
    server.keepAliveTimeout = 60_000; // it is not the server that hangs up
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const hungUp = new Promise<void>((resolve) => {
      server.once("connection", (socket) => socket.once("close", () => resolve()));
    });
    const { port } = server.address() as { port: number };
    const session = new ResponsesSession({ ...clientOptions(`http://127.0.0.1:${port}/v1`), carrier: "http" });
    await (await session.stream(request)).collect();
    await session.close();
    await hungUp;
  });
});

describe("credentials", () => {
  it("of any scheme go with each request and handshake, and no error shows them", async () => {
    const emulator = await emulate({ script: [{ status: 400, body: "what is signed-by-me-1?" }] });
    let asked = 0;
    const auth = {
      headers: ({ carrier, method }: { carrier: string; method: string }) => {
        asked += 1;
        return { "x-proof": `signed-by-me-${asked}`, "x-for": `${carrier} ${method}` };
      },
    };
    await using api = new CodexApi({ ...clientOptions(emulator.url), auth });
    const refused = await errorOf(api.responses.create(request));
    expect(refused.message).not.toContain("signed-by-me");
    await api.responses.create(request);
    await (await api.websocket()).close();
    expect(emulator.requests.map(({ headers }) => [headers["x-proof"], headers["x-for"]])).toEqual([
      ["signed-by-me-1", "http POST"],
      ["signed-by-me-2", "http POST"],
      ["signed-by-me-3", "websocket GET"],
    ]);
  });

  it("of another account make a session open another WebSocket", async () => {
    const emulator = await emulate();
    let account = "a";
    const auth = { bearerToken: () => "t", accountId: () => account };
    await using api = new CodexApi({ ...clientOptions(emulator.url), auth });
    const session = api.session();
    await (await session.stream(request)).collect();
    account = "b";
    await (await session.stream(request)).collect();
    const handshakes = emulator.requests.filter(({ kind }) => kind === "handshake");
    expect(handshakes.map(({ headers }) => headers["chatgpt-account-id"])).toEqual(["a", "b"]);
    await session.close();
  });
});

it("without authentication, noAuth() sends none", async () => {
  const emulator = await emulate();
  await using api = new CodexApi({ ...clientOptions(emulator.url), auth: noAuth() });
  await api.responses.create(request);
  expect(emulator.requests[0]?.headers).not.toHaveProperty("authorization");
});
