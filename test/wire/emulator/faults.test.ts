import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import { describe, expect, it } from "vitest";
import { type Step, startEmulator } from "../../../src/emulator/index.ts";
import { emulator, eventsOf, open, send } from "./raw-client.ts";

const BODY = { model: "m", input: "count to 20", stream: true };

async function answerTo(step: Step) {
  const server = await emulator({ script: [step] });
  return send(`${server.url}/responses`, { body: BODY });
}

describe("what a step sends", () => {
  it("is an answer of its own", async () => {
    const html = "<html>log in</html>";
    const answer = await answerTo({
      status: 200,
      headers: { "Content-Type": "text/html", "set-cookie": ["a=1", "b=2"] },
      body: html,
    });
    expect(answer).toMatchObject({ status: 200, text: html });
    expect(answer.headers).toMatchObject({ "content-type": "text/html", "set-cookie": ["a=1", "b=2"] });
    expect(answer.headers["x-request-id"]).toMatch(/^req_/);
  });

  it("is JSON for an object, and bytes as they are", async () => {
    expect(await answerTo({ status: 429, body: { error: { code: "x" } } })).toMatchObject({
      status: 429,
      headers: { "content-type": "application/json" },
      json: { error: { code: "x" } },
    });
    expect((await answerTo({ status: 500, body: Buffer.from("raw") })).text).toBe("raw");
  });

  it("may have no body, and has none where there cannot be one", async () => {
    expect(await answerTo({ status: 500 })).toMatchObject({ text: "", headers: { "content-length": "0" } });
    const answer = await answerTo({ status: 204, body: "ignored" });
    expect(answer).toMatchObject({ status: 204, text: "" });
    expect(answer.headers).not.toHaveProperty("content-length");
  });

  it("may leave one of the usual headers out", async () => {
    expect((await answerTo({ status: 500, headers: { "X-Request-Id": undefined } })).headers).not.toHaveProperty(
      "x-request-id",
    );
  });

  it("adds headers to an ordinary stream", async () => {
    const answer = await answerTo({ headers: { "openai-model": "gpt-other" } });
    expect(answer.headers["openai-model"]).toBe("gpt-other");
    expect(eventsOf(answer.text).at(-1)?.type).toBe("response.completed");
  });

  it("adds headers to an ordinary answer that is no stream", async () => {
    const server = await emulator({ script: [{ headers: { etag: '"mine"' } }] });
    expect((await send(`${server.url}/models?client_version=1.0.0`)).headers.etag).toBe('"mine"');
  });

  it("is its own events, whatever the request", async () => {
    const events = [
      { type: "response.created", response: {} },
      { type: "brand.new" },
      { type: "response.failed", response: {} },
    ];
    const server = await emulator({ script: [{ events }] });
    const answer = await send(`${server.url}/responses`, { body: {} });
    expect(eventsOf(answer.text)).toEqual(events);
  });

  it("may wait for the test between events", async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    async function* events() {
      yield { type: "one" };
      await released;
      yield { type: "two" };
    }
    const server = await emulator({ script: [{ events: events() }] });
    const answer = await open(`${server.url}/responses`, { body: BODY });
    const [first] = await once(answer, "data");
    expect(first).toBe('event: one\ndata: {"type":"one"}\n\n');
    release();
    const [second] = await once(answer, "data");
    expect(second).toContain("two");
  });

  it("is raw bytes, a chunk at a time", async () => {
    const answer = await answerTo({ raw: ["data: {}\r", Buffer.from("\n\r\n"), ": bye"] });
    expect(answer.chunks).toEqual(["data: {}\r", "\n\r\n", ": bye"]);
    expect((await answerTo({ raw: "all at once" })).chunks).toEqual(["all at once"]);
  });

  it("goes on from a scripted response that completed", async () => {
    const item = { type: "message", role: "assistant", content: [{ type: "output_text", text: "scripted" }] };
    const events = [
      { type: "response.output_item.done", item },
      { type: "response.completed", response: { id: "resp_mine" } },
    ];
    const server = await emulator({ script: [{ events }] });
    await send(`${server.url}/responses`, { body: { model: "m", input: "I like owls" } });
    const body = { model: "m", input: "what did I say?", previous_response_id: "resp_mine" };
    expect((await send(`${server.url}/responses`, { body })).text).toContain("owls");
  });

  it("is decided by a function that sees the request", async () => {
    const server = await emulator({ script: ({ path }) => (path.endsWith("/models") ? { status: 503 } : undefined) });
    expect((await send(`${server.url}/models`)).status).toBe(503);
    expect((await send(`${server.url}/responses`, { body: BODY })).status).toBe(200);
  });

  it("is 500 when the script itself fails before the answer, a broken body after", async () => {
    const failing = await emulator({ script: () => Promise.reject(new Error("no idea")) });
    expect(await send(`${failing.url}/models`)).toMatchObject({ status: 500, json: { error: { message: "no idea" } } });
    async function* events() {
      yield { type: "one" };
      throw new Error("no more");
    }
    expect((await answerTo({ events: events() })).brokenBy).toBe("ECONNRESET");
  });

  it("is nothing where a name is misspelt: a list fails at the start, a function's answer where it is wanted", async () => {
    const misspelt = { closeAfterEvents: 2 } as Step;
    const where = /unknown name `closeAfterEvents`; did you mean `\w+AfterEvents`/;
    await expect(startEmulator({ script: [{}, misspelt] })).rejects.toThrow(where);
    const server = await emulator({ script: ({ path }) => (path.endsWith("/models") ? misspelt : undefined) });
    const scenario = { rules: [{ reply: () => misspelt }] };
    expect((await send(`${server.url}/models`)).json).toMatchObject({
      error: { message: expect.stringMatching(where) },
    });
    const other = await emulator({ scenario });
    expect(await send(`${other.url}/responses`, { body: BODY })).toMatchObject({
      status: 500,
      json: { error: { message: expect.stringMatching(where) } },
    });
  });
});

describe("how a step ends", () => {
  it("resets before headers", async () => {
    await expect(answerTo({ resetBeforeHeaders: true })).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  it("stalls before headers until the client leaves", async () => {
    const server = await emulator({ script: [{ stallBeforeHeaders: true }] });
    const leave = new AbortController();
    const answer = open(`${server.url}/responses`, { body: BODY, signal: leave.signal });
    const refused = expect(answer).rejects.toMatchObject({ name: "AbortError" });
    await server.nextRequest();
    leave.abort();
    await refused;
    await server.waitForClosedResponses(1);
  });

  it.each([0, 1, 3])("resets after %d events", async (resetAfterEvents) => {
    const answer = await answerTo({ resetAfterEvents });
    expect(eventsOf(answer.text)).toHaveLength(resetAfterEvents);
    expect(answer.brokenBy).toBe("ECONNRESET");
  });

  it("terminates after events with FIN in the middle of the body, where reset sends RST", async () => {
    expect(await rawEnding({ terminateAfterEvents: 2 })).toEqual({ events: 2, finished: false, error: undefined });
    expect(await rawEnding({ resetAfterEvents: 2 })).toEqual({ events: 2, finished: false, error: "ECONNRESET" });
    expect(await rawEnding({ endAfterEvents: 2 })).toEqual({ events: 2, finished: true, error: undefined });
  });

  it("ends the body properly after events", async () => {
    const answer = await answerTo({ endAfterEvents: 2 });
    expect(eventsOf(answer.text)).toHaveLength(2);
    expect(answer.brokenBy).toBeUndefined();
  });

  it("stalls after events, or after the last", async () => {
    for (const stallAfterEvents of [2, Number.POSITIVE_INFINITY]) {
      const server = await emulator({ script: [{ stallAfterEvents, keepAliveEveryMs: 1 }] });
      const answer = await open(`${server.url}/responses`, { body: BODY });
      let text = "";
      for await (const chunk of answer) {
        text += String(chunk);
        // Comments after the events show that nothing else is to come.
        if (/(?:: keep-alive\n\n){5}$/.test(text)) break;
      }
      const events = eventsOf(text);
      if (stallAfterEvents === 2) expect(events).toHaveLength(2);
      else expect(events.at(-1)?.type).toBe("response.completed");
      await server.waitForClosedResponses(1);
    }
  });

  it("counts raw chunks too", async () => {
    const answer = await answerTo({ raw: ["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"], resetAfterEvents: 2 });
    expect(answer).toMatchObject({ text: "data: 1\n\ndata: 2\n\n", brokenBy: "ECONNRESET" });
  });

  it("leaves a connection usable for the next request, or resets it there", async () => {
    const server = await emulator({ script: [{}, {}, { resetBeforeHeaders: true }] });
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    await send(`${server.url}/models`, { agent });
    await send(`${server.url}/models`, { agent });
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 1]);
    await expect(send(`${server.url}/models`, { agent })).rejects.toMatchObject({ code: "ECONNRESET" });
    agent.destroy();
  });
});

describe("how a step travels", () => {
  it("is cut into chunks of so many bytes", async () => {
    const answer = await answerTo({ events: [{ type: "grüße" }], chunkBytes: 1 });
    expect(answer.text).toBe('event: grüße\ndata: {"type":"grüße"}\n\n');
    expect(answer.chunks.length).toBeGreaterThan(30);
  });

  it("has comments in between", async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    async function* events() {
      yield { type: "one" };
      await released;
      yield { type: "two" };
    }
    const server = await emulator({ script: [{ events: events(), keepAliveEveryMs: 1 }] });
    let text = "";
    for await (const chunk of await open(`${server.url}/responses`, { body: BODY })) {
      text += String(chunk);
      if (text.includes(": keep-alive")) release();
    }
    expect(text).toMatch(/one"\}\n\n(?:: keep-alive\n\n)+event: two/);
  });
});

/** How the TCP connection itself ended. */
async function rawEnding(step: Step) {
  const server = await emulator({ script: [step] });
  const { port, hostname } = new URL(server.url);
  const socket = net.connect(Number(port), hostname);
  const json = JSON.stringify(BODY);
  socket.write(
    `POST /v1/responses HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${json.length}\r\n\r\n${json}`,
  );
  let text = "";
  let error: string | undefined;
  socket.on("data", (chunk) => (text += chunk.toString()));
  socket.on("error", (failure: NodeJS.ErrnoException) => (error = failure.code));
  await new Promise((resolve) => socket.on("close", resolve));
  return { events: text.split("event: ").length - 1, finished: text.endsWith("\r\n0\r\n\r\n"), error };
}
