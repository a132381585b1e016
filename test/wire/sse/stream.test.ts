import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { ResponsesClient } from "../../../src/api/responses/client.ts";
import type { ResponseEvent } from "../../../src/api/responses/events/types.ts";
import { TurnState } from "../../../src/api/service/call-options.ts";
import { clientOptions, emulate, readEvents } from "../../support/clients.ts";
import { serve } from "../../support/serve.ts";
import { standstill } from "../../support/standstill.ts";
import { errorOf } from "../../support/transport.ts";

const request = { model: "m", input: "repeat: one two three" };
const delta = (text: string) => ({ type: "response.output_text.delta", delta: text });
const created = { type: "response.created", response: { id: "r" } };
const completed = { type: "response.completed", response: { id: "r" } };

describe("the events before the stream's own", () => {
  it("come from the response headers, in the reference's order", async () => {
    const emulator = await emulate({
      script: [
        {
          events: [created, completed],
          headers: {
            "openai-model": "gpt-served",
            "x-models-etag": '"e1"',
            "x-reasoning-included": "false",
            "x-codex-turn-state": "t1",
          },
        },
      ],
      rateLimits: {
        families: {
          codex: { primary: { usedPercent: 12.5, windowMinutes: 300 } },
          codex_other: { primary: { usedPercent: 1 } },
        },
      },
    });
    const turnState = new TurnState();
    const { events } = await readEvents(
      await new ResponsesClient(clientOptions(emulator.url)).stream(request, { turnState }),
    );
    expect(events).toEqual([
      { type: "server_model", model: "gpt-served" },
      { type: "rate_limits", snapshot: { limitId: "codex", primary: { usedPercent: 12.5, windowMinutes: 300 } } },
      { type: "rate_limits", snapshot: { limitId: "codex_other", primary: { usedPercent: 1 } } },
      { type: "models_etag", etag: '"e1"' },
      { type: "server_reasoning_included", included: true },
      { type: "created", responseId: "r" },
      { type: "completed", responseId: "r" },
    ]);
    expect(turnState.value).toBe("t1");
  });
});

describe("collect", () => {
  it("gives the text, the items and what the service said around them", async () => {
    const emulator = await emulate();
    const stream = await new ResponsesClient(clientOptions(emulator.url)).stream(request);
    const response = await stream.collect();
    expect(response).toMatchObject({ text: "one two three", serverModel: "m", reasoningIncluded: false });
    expect(response.items).toMatchObject([{ type: "message", role: "assistant" }]);
    expect(response.responseId).toMatch(/^resp_/);
    expect(response.tokenUsage?.outputTokens).toBeGreaterThan(0);
    expect(response.rateLimits.map(({ limitId }) => limitId)).toEqual(["codex", "codex_other"]);
    expect(stream.requestId).toBe((await emulator.nextRequest()) && stream.headers["x-request-id"]);
  });

  it("takes the text from whole items where the server sent no deltas", async () => {
    const item = { type: "message", role: "assistant", content: [{ type: "output_text", text: "whole" }] };
    const emulator = await emulate({
      script: [{ events: [created, { type: "response.output_item.done", item }, completed] }],
    });
    const stream = await new ResponsesClient(clientOptions(emulator.url)).stream(request);
    expect((await stream.collect()).text).toBe("whole");
  });

  it("throws what the stream throws", async () => {
    const emulator = await emulate({ script: [{ events: [created] }] });
    const stream = await new ResponsesClient(clientOptions(emulator.url)).stream(request);
    await expect(stream.collect()).rejects.toMatchObject({ kind: "stream" });
  });

  it("after the stream was read says that it can be read once", async () => {
    const emulator = await emulate();
    const stream = await new ResponsesClient(clientOptions(emulator.url)).stream(request);
    await stream.collect();
    expect(() => stream[Symbol.asyncIterator]()).toThrow(/read once/);
  });
});

describe("leaving and aborting", () => {
  const endless = { events: [created, delta("a")], stallAfterEvents: 2 };

  // parity: stream/leaving-cancels
  it("leaving the loop closes the connection", async () => {
    const emulator = await emulate({ script: [endless] });
    for await (const event of await new ResponsesClient(clientOptions(emulator.url)).stream(request)) {
      if (event.type === "output_text.delta") break;
    }
    await emulator.waitForClosedResponses(1);
  });

  it("close() ends a stream that nobody has read", async () => {
    const emulator = await emulate({ script: [endless] });
    const stream = await new ResponsesClient(clientOptions(emulator.url)).stream(request);
    await stream.close();
    await emulator.waitForClosedResponses(1);
  });

  // parity: stream/end-only-after-terminal
  it("an abort rejects the waiting read at once, with the reason as its cause", async () => {
    const emulator = await emulate({ script: [endless] });
    const abort = new AbortController();
    const stream = await new ResponsesClient(clientOptions(emulator.url)).stream(request, { signal: abort.signal });
    const { error } = await readEvents(
      (async function* (): AsyncGenerator<ResponseEvent> {
        for await (const event of stream) {
          yield event;
          if (event.type === "output_text.delta") setImmediate(() => abort.abort("enough"));
        }
      })(),
    );
    expect(error).toMatchObject({ kind: "aborted", cause: "enough" });
    await emulator.waitForClosedResponses(1);
  });

  it("an abort drops what waits to be read", async () => {
    const emulator = await emulate({
      script: [{ events: [created, ...Array.from({ length: 50 }, () => delta("a"))], stallAfterEvents: 51 }],
    });
    const abort = new AbortController();
    const stream = await new ResponsesClient(clientOptions(emulator.url)).stream(request, { signal: abort.signal });
    const iterator = stream[Symbol.asyncIterator]();
    let first = await iterator.next();
    while (first.value?.type !== "output_text.delta") first = await iterator.next();
    abort.abort();
    expect(await errorOf(iterator.next())).toMatchObject({ kind: "aborted" });
  });

  // parity: stream/abort-signal
  it("an abort in the wait before a retry ends it", async () => {
    const emulator = await emulate({ script: [{ status: 500 }] });
    const abort = new AbortController();
    const options = {
      ...clientOptions(emulator.url, { retry: { baseDelayMs: 60_000 } }),
      telemetry: { onRetry: () => setImmediate(() => abort.abort()) },
    };
    expect(await errorOf(new ResponsesClient(options).stream(request, { signal: abort.signal }))).toMatchObject({
      kind: "aborted",
    });
  });

  it("a signal that lives on collects no listeners", async () => {
    const emulator = await emulate();
    const client = new ResponsesClient(clientOptions(emulator.url));
    const abort = new AbortController();
    for (let i = 0; i < 5; i += 1) await (await client.stream(request, { signal: abort.signal })).collect();
    expect(getEventListeners(abort.signal, "abort").length).toBe(0);
  });
});

describe("a slow reader", () => {
  // parity: stream/bounded
  it("holds the server back instead of filling memory, and loses nothing", async () => {
    const data = `data: ${JSON.stringify(delta("x".repeat(1000)))}\n\n`;
    const total = 40_000; // 40 MB
    let written = 0;
    const server = await serve(async (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (; written < total; written += 1) {
        if (!response.write(data)) await new Promise((resolve) => response.once("drain", resolve));
      }
      response.end(`data: ${JSON.stringify(completed)}\n\n`);
    });
    const stream = await new ResponsesClient(clientOptions(server.url, { streamIdleTimeoutMs: 500 })).stream(request);
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    await standstill(() => written, 700); // longer than the time-out: silence is no fault while it is the reader who does not read
    expect(written).toBeLessThan(total / 2);

    let deltas = 0;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      if (next.value.type === "output_text.delta") deltas += 1;
    }
    expect(deltas).toBe(total);
  });
});

describe("the connection", () => {
  it("serves the next response when the body ended with the terminal event", async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(`data: ${JSON.stringify(completed)}\n\n`);
    });
    const client = new ResponsesClient(clientOptions(server.url));
    for (let i = 0; i < 3; i += 1) {
      await (await client.stream(request)).collect();
      // The end of the body follows the terminal event in the same read or the next.
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(server.connections).toBe(1);
  });
});
