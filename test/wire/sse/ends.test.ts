import { describe, expect, it } from "vitest";
import { ResponsesClient } from "../../../src/api/responses/client.ts";
import { readEventStream } from "../../../src/api/responses/event-stream.ts";
import { ResponseStream } from "../../../src/api/responses/stream.ts";
import { ResponsesSession } from "../../../src/api/session/session.ts";
import { silentLogger } from "../../../src/client/log.ts";
import type { ByteStream } from "../../../src/client/transport.ts";
import { clientOptions, emulate } from "../../support/clients.ts";
import { serve } from "../../support/serve.ts";
import { errorOf } from "../../support/transport.ts";
import { brokenTurnState } from "../websocket/responses-support.ts";

const request = { model: "m", input: "hello" };
const created = { type: "response.created", response: { id: "r" } };
const completed = { type: "response.completed", response: { id: "r" } };

describe("collect", () => {
  it("gives no half of an answer when the stream is closed meanwhile", async () => {
    const emulator = await emulate({
      script: [{ events: [created, { type: "response.output_text.delta", delta: "half" }], stallAfterEvents: 2 }],
    });
    const stream = await new ResponsesClient(clientOptions(emulator.url)).stream(request);
    const failed = errorOf(stream.collect());
    await stream.close();
    expect(await failed).toMatchObject({ kind: "aborted" });
  });

  it("passes over content that is none", async () => {
    const content = [null, { type: "output_text", text: "whole" }];
    const item = { type: "message", role: "assistant", content };
    const emulator = await emulate({ script: [{ events: [{ type: "response.output_item.done", item }, completed] }] });
    const stream = await new ResponsesClient(clientOptions(emulator.url)).stream(request);
    expect((await stream.collect()).text).toBe("whole");
  });
});

// parity: stream/end-only-after-terminal
describe("a loop whose stream somebody else closes", () => {
  const half = { events: [created, { type: "response.output_text.delta", delta: "half" }], stallAfterEvents: 2 };

  it.each([
    ["over HTTP", (url: string) => new ResponsesClient(clientOptions(url)).stream(request)],
    ["in a session", (url: string) => new ResponsesSession({ ...clientOptions(url), carrier: "http" }).stream(request)],
  ])("%s ends with an error, so that half an answer does not look whole", async (_carrier, open) => {
    const emulator = await emulate({ rateLimits: false, script: [half] });
    const stream = await open(emulator.url);
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { type } of stream) {
        seen.push(type);
        if (type === "output_text.delta") setImmediate(() => void stream.close());
      }
    })();
    expect(await errorOf(reading)).toMatchObject({ kind: "aborted", cause: "the stream was closed" });
    expect(seen).toContain("output_text.delta");
  });

  it.each([
    ["over HTTP", (url: string) => new ResponsesClient(clientOptions(url)).stream(request)],
    ["in a session", (url: string) => new ResponsesSession({ ...clientOptions(url), carrier: "http" }).stream(request)],
  ])("%s ends well where the terminal event had been seen", async (_carrier, open) => {
    const emulator = await emulate({ script: [{ events: [created, completed] }] });
    const stream = await open(emulator.url);
    const seen: string[] = [];
    for await (const { type } of stream) {
      seen.push(type);
      if (type === "completed") await stream.close();
    }
    expect(seen.at(-1)).toBe("completed");
  });
});

describe("an event that cannot be read", () => {
  it("because reading it throws is a stream error, and the server sees the connection go", async () => {
    const metadata = { type: "response.metadata", headers: { "x-codex-turn-state": "t" } };
    const emulator = await emulate({ script: [{ events: [created, metadata], stallAfterEvents: 2 }] });
    const client = new ResponsesClient(clientOptions(emulator.url));
    const error = await errorOf((await client.stream(request, { turnState: brokenTurnState() })).collect());
    expect(error).toMatchObject({ kind: "stream", message: "the stream cannot be read: too deep" });
    await emulator.waitForClosedResponses(1);
  });

  it.each([
    [
      "an error nested too deep to be written",
      `{"type":"error","error":${"[".repeat(20_000)}${"]".repeat(20_000)}}\n\n`,
    ],
    ["at the end, a type that is no text", '{"type":{"toString":1}}'],
  ])("%s: a stream error", async (_what, data) => {
    const { url } = await serve((_request, response) => {
      response.setHeader("content-type", "text/event-stream");
      response.end(`data: ${data}`);
    });
    const stream = await new ResponsesClient(clientOptions(url)).stream(request);
    const error = await errorOf(stream.collect());
    expect(error.kind).toBe("stream");
    expect(error.message).toMatch(/^(error event received, without a reason|stream closed before response.completed)$/);
  });
});

describe("the end of the body", () => {
  it("that makes the last event too large is a limit met", async () => {
    const megabytes = Buffer.alloc(40 * 1024 * 1024, "x");
    const body: ByteStream = {
      pipe(sink) {
        for (const part of ["data: ", megabytes, "\ndata: ", megabytes]) sink.chunk(Buffer.from(part));
        sink.end();
      },
      pause() {},
      resume() {},
      cancel() {},
    };
    const response = {
      status: 200,
      url: "https://api.test/v1/responses",
      headers: {},
      blank: (text: string) => text,
      body,
    };
    const flow = readEventStream(response, { idleTimeoutMs: 0, livenessTimeoutMs: 0, logger: silentLogger });
    const stream = new ResponseStream(flow, response);
    expect(await errorOf(stream.collect())).toMatchObject({
      kind: "limit",
      message: expect.stringContaining("larger than 67108864 bytes"),
    });
  });
});
