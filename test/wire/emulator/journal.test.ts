import { expect, it } from "vitest";
import { startEmulator } from "../../../src/emulator/index.ts";
import { emulator, RawSocket, send } from "./raw-client.ts";

const ask = (url: string, input: string, headers: Record<string, string> = {}) =>
  send(`${url}/responses`, { body: { model: "gpt-5.5", input }, headers });

it("waits for requests that are like this, those before included, over both carriers", async () => {
  const server = await emulator();
  await ask(server.url, "the weather in Paris");
  const waiting = server.waitForRequests({ text: "weather" }, { count: 2 });
  await ask(server.url, "something else");
  const socket = new RawSocket(server.url);
  await socket.opened();
  await socket.response({ input: "the weather in Rome" });
  const entries = await waiting;
  expect(entries.map(({ request }) => request.kind)).toEqual(["http", "frame"]);
  expect(await server.waitForRequests({ carrier: "websocket", turn: 3 })).toHaveLength(1);
});

it("says what came instead, and what is different about it", async () => {
  const server = await emulator();
  await ask(server.url, "the weather");
  await expect(server.waitForRequests({ text: /music/ }, { timeoutMs: 20 })).rejects.toThrow(
    /of 1 requests like {"text":"\/music\/"} 0 had come after 20 ms; others were\n {2}http POST \/v1\/responses: the user's text "the weather" has no/,
  );
  const closing = await startEmulator();
  const never = closing.waitForRequests({ text: "never" });
  await Promise.all([expect(never).rejects.toThrow(/the emulator was closed; nothing else came/), closing.close()]);
});

it.each<[when: unknown, options: unknown, message: string]>([
  [{ txt: "x" }, {}, "the condition of waitForRequests has an unknown name `txt`; did you mean `text`?"],
  [{ turn: "1" }, {}, '`turn` of the condition of waitForRequests is "1"; it must be a whole number of 1 or more'],
  ["x", {}, 'waitForRequests needs an object of conditions, such as { text: "weather" }'],
  [{ text: "x" }, 5000, "the second argument of waitForRequests must be an object, such as { timeoutMs: 5_000 }"],
  [
    { text: "x" },
    { timeout: 5 },
    "the second argument of waitForRequests has an unknown name `timeout`; did you mean `timeoutMs`?",
  ],
])("does not hold for all where it is misspelt: %j, %j", async (when, options, message) => {
  const server = await emulator();
  await ask(server.url, "x");
  await expect(server.waitForRequests(when as never, options as never)).rejects.toThrow(message);
});

it("waits without end where it is told to", async () => {
  const server = await emulator();
  const waiting = server.waitForRequests({ text: "late" }, { timeoutMs: Number.POSITIVE_INFINITY });
  const found = waiting.then(({ length }) => length, String);
  for (const text of ["early", "a bit later", "late"]) await ask(server.url, text);
  expect(await found).toBe(1);
});

it("says over HTTP too what is misspelt", async () => {
  const server = await emulator();
  await ask(server.url, "x");
  const journal = `${server.origin}/workbench/journal`;
  for (const [query, said] of [
    [`when=${encodeURIComponent('{"txt":"x"}')}`, "unknown name"],
    ["when=x", "JSON"],
    ["when=%7B%7D&count=x", "it must be a whole number"],
  ])
    expect(await send(`${journal}?${query}`)).toMatchObject({ status: 400, text: expect.stringContaining(said ?? "") });
});

it("keeps the requests of tests apart while they wait", async () => {
  const server = await emulator();
  const [one, other] = [server.test(), server.test()];
  await ask(server.url, "hello", other.headers);
  await expect(one.waitForRequests({ text: "hello" }, { timeoutMs: 20 })).rejects.toThrow(/nothing else came/);
  expect(await other.waitForRequests({ text: "hello" })).toHaveLength(1);
});

it("is read, waited for and cleared over HTTP, without credentials", async () => {
  const server = await emulator();
  const journal = `${server.origin}/workbench/journal`;
  const waiting = send(`${journal}?when=${encodeURIComponent('{"text":"hello"}')}&timeoutMs=5000`);
  await ask(server.url, "hello", { authorization: "Bearer token-of-nobody" });
  const { status, json, text } = await waiting;
  expect({ status, json }).toMatchObject({
    status: 200,
    json: { entries: [{ request: { path: "/v1/responses" } }] },
  });
  expect(text).not.toContain("nobody");
  expect((await send(`${journal}?when=${encodeURIComponent('{"text":"bye"}')}`)).status).toBe(408);
  expect((await send(`${journal}?when=oops`)).status).toBe(400);
  expect((await send(journal, { method: "DELETE" })).status).toBe(204);
  expect((await send(journal)).json).toEqual({ entries: [] });
});

it("is no web page's to read under a name of its own, nor is the page", async () => {
  const server = await emulator();
  for (const path of ["/", "/workbench/journal", "/workbench/traffic"]) {
    expect(await send(`${server.origin}${path}`, { headers: { host: "evil.example" } })).toMatchObject({ status: 403 });
  }
  expect((await send(`${server.origin}/workbench/nothing`)).status).toBe(404);
  const page = await send(server.pageUrl);
  expect(page.headers["content-security-policy"]).toContain("default-src 'none'");
  expect(server.requests).toEqual([]);
});

it("gives an exchange as a transcript", async () => {
  const server = await emulator();
  await ask(server.url, "hello", { authorization: "Bearer token-of-nobody" });
  const { text } = await send(`${server.origin}/workbench/exchanges/${server.requests[0]?.exchange}`);
  expect(text).toMatch(/^codex-wire transcript 1\n0\.000 request http POST \/v1\/responses\n/);
  expect(text).toContain("request-header authorization: [removed]");
});
