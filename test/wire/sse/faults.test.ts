import { describe, expect, it } from "vitest";
import { ResponsesClient } from "../../../src/api/responses/client.ts";
import type { Step } from "../../../src/emulator/index.ts";
import { clientOptions, emulate, readEvents } from "../../support/clients.ts";
import { serveTcp } from "../../support/serve.ts";
import { request, run } from "./support.ts";

const delta = (text: string) => ({ type: "response.output_text.delta", delta: text });

const created = { type: "response.created", response: { id: "r" } };

const completed = { type: "response.completed", response: { id: "r" } };

describe("a stream that breaks", () => {
  // parity: stream/end-only-after-terminal
  it("closed before its end: what came is delivered, then the error", async () => {
    const { error, types, requests } = await run([{ events: [created, delta("a")] }]);
    expect(types).toEqual(["created", "output_text.delta"]);
    expect(error).toMatchObject({ kind: "stream", message: "stream closed before response.completed" });
    expect(requests).toBe(1);
  });

  it.each<[string, Step]>([
    ["reset", { events: [created, delta("a"), delta("b")], resetAfterEvents: 2 }],
    ["cut without the last chunk", { events: [created, delta("a"), delta("b")], terminateAfterEvents: 2 }],
  ])("%s in the middle: a stream error, and no retry", async (_title, step) => {
    const { error, text, requests } = await run([step]);
    expect(text).toBe("a");
    expect(error).toMatchObject({ kind: "stream" });
    expect(error.message).toContain("broke off");
    expect(requests).toBe(1);
  });

  it("stalled: an idle time-out in the reference's words, and the connection is closed", async () => {
    const { error, text, emulator } = await run([{ events: [created, delta("a")], stallAfterEvents: 2 }], {
      streamIdleTimeoutMs: 60,
    });
    expect(text).toBe("a");
    expect(error).toMatchObject({ kind: "timeout", phase: "idle", timeoutMs: 60 });
    expect(error.message).toContain("idle timeout waiting for SSE");
    await emulator.waitForClosedResponses(1);
  });

  // parity: stream/liveness
  it("kept alive by comments alone is cut all the same: they are no progress", async () => {
    const step = { events: [created], stallAfterEvents: 1, keepAliveEveryMs: 10 };
    const { error } = await run([step], { streamIdleTimeoutMs: 100, livenessTimeoutMs: 50 });
    expect(error).toMatchObject({ kind: "timeout", phase: "idle", timeoutMs: 100 });
  });

  // parity: stream/liveness
  it("that stops keeping itself alive is found dead long before the idle time-out", async () => {
    const server = await serveTcp((socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: keep-alive\n\n: keep-alive\n\n");
      });
    });
    const client = new ResponsesClient(
      clientOptions(`${server.url}/v1`, { livenessTimeoutMs: 60, streamIdleTimeoutMs: 60_000 }),
    );
    const { error } = await readEvents(await client.stream(request));
    expect(error).toMatchObject({ kind: "timeout", phase: "idle", timeoutMs: 60 });
  });

  it("may think in silence when it sent no more than a greeting", async () => {
    let think!: () => void;
    const thought = new Promise<void>((resolve) => {
      think = resolve;
    });
    async function* thinking() {
      yield `: welcome\n\ndata: ${JSON.stringify(created)}\n\n`;
      await thought;
      yield `data: ${JSON.stringify(completed)}\n\n`;
    }
    const headers = { "content-type": "text/event-stream" };
    const emulator = await emulate({ script: [{ raw: thinking(), headers }] });
    const client = new ResponsesClient(clientOptions(emulator.url, { livenessTimeoutMs: 20 }));
    const stream = await client.stream(request);
    setTimeout(think, 100);
    expect((await readEvents(stream)).error).toBeUndefined();
  });
});

describe("the end of a response", () => {
  it("is its terminal event, though the server keeps the body open", async () => {
    const { error, types, emulator } = await run([{ events: [created, completed], stallAfterEvents: 2 }]);
    expect(error).toBeUndefined();
    expect(types).toEqual(["created", "completed"]);
    await emulator.waitForClosedResponses(1);
  });

  // parity: sse/last-event-unterminated
  it("counts without its blank line at the end of the body", async () => {
    const { error, types } = await run([
      {
        raw: `data: ${JSON.stringify(created)}\n\ndata: ${JSON.stringify(completed)}`,
        headers: { "content-type": "text/event-stream" },
      },
    ]);
    expect(error).toBeUndefined();
    expect(types).toEqual(["created", "completed"]);
  });

  it("is not a last event without its blank line that is no terminal one", async () => {
    const { error, types } = await run([
      { raw: `data: ${JSON.stringify(delta("lost"))}`, headers: { "content-type": "text/event-stream" } },
    ]);
    expect(types).toEqual([]);
    expect(error).toMatchObject({ kind: "stream" });
  });

  // parity: sse/failed-at-once
  it("response.failed is thrown when it comes, though the server keeps the body open", async () => {
    const failed = {
      type: "response.failed",
      response: { error: { code: "rate_limit_exceeded", message: "Please try again in 1.5s" } },
    };
    const { error, types } = await run([{ events: [created, failed], stallAfterEvents: 2 }]);
    expect(types).toEqual(["created"]);
    expect(error).toMatchObject({ kind: "retryable", retryAfterMs: 1500 });
  });

  // parity: sse/error-event
  it("an error event is an error by the same table", async () => {
    const event = { type: "error", error: { code: "insufficient_quota", message: "no credit" } };
    const { error } = await run([{ events: [created, event] }]);
    expect(error).toMatchObject({ kind: "quota_exceeded" });
  });

  // parity: stream/incomplete
  it("response.incomplete is an error with its reason, after everything received", async () => {
    const event = { type: "response.incomplete", response: { incomplete_details: { reason: "max_output_tokens" } } };
    const { error, text } = await run([{ events: [created, delta("half"), event] }]);
    expect(text).toBe("half");
    expect(error).toMatchObject({
      kind: "incomplete",
      reason: "max_output_tokens",
      message: "Incomplete response returned, reason: max_output_tokens",
    });
  });
});

describe("bytes in odd shapes", () => {
  const stream = [created, delta("héllo 🙂"), completed];
  it.each<[string, Step]>([
    ["one byte per packet", { events: stream, chunkBytes: 1 }],
    [
      "CRLF and a byte order mark",
      {
        raw: `\uFEFF${stream.map((event) => `event: x\r\ndata: ${JSON.stringify(event)}\r\n\r\n`).join("")}`,
        headers: { "content-type": "text/event-stream" },
      },
    ],
    [
      "lines that are no events and unknown events between",
      {
        raw: `data: ping\n\ndata: [DONE]\n\ndata: {"type":"response.future"}\n\n${stream.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("")}`,
        headers: { "content-type": "text/event-stream" },
      },
    ],
  ])("%s make no difference", async (_title, step) => {
    const { error, text, types } = await run([step]);
    expect(error).toBeUndefined();
    expect(text).toBe("héllo 🙂");
    expect(types).toEqual(["created", "output_text.delta", "completed"]);
  });

  it("an event of ten megabytes arrives whole", async () => {
    const { error, text } = await run([{ events: [created, delta("x".repeat(10 * 1024 * 1024)), completed] }]);
    expect(error).toBeUndefined();
    expect(text.length).toBe(10 * 1024 * 1024);
  });
});
