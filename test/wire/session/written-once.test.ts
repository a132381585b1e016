import { afterEach, expect, it, vi } from "vitest";
import type { ResponseItem } from "../../../src/api/wire/items.ts";
import { serve } from "../../support/serve.ts";
import { serveWebSocket } from "../websocket/plain-server.ts";
import { answerTo, openSession, user } from "./support.ts";

// Servers that write nothing large themselves: what is counted is the client's.

const LARGE = 1024 * 1024;
const COMPLETED = { type: "response.completed", response: { id: "resp_1", status: "completed" } };

/** A history of more than 10 MB, beside which everything else that is written is small. */
function longHistory(): ResponseItem[] {
  const text = "The parser keeps a line until its end has come. ".repeat(400);
  return Array.from({ length: 550 }, (_, n) => user(`${n}: ${text}`));
}

/** How many characters of JSON are written from now on, to those of the history: whole, or piece by piece. */
function countWritten(input: readonly ResponseItem[]): () => number {
  const ofHistory = JSON.stringify(input).length;
  const written = vi.spyOn(JSON, "stringify");
  return () => {
    const sizes = written.mock.results.map(({ value }) => (typeof value === "string" ? value.length : 0));
    return sizes.reduce((sum, size) => sum + size, 0) / ofHistory;
  };
}

afterEach(() => {
  vi.restoreAllMocks();
});

it("serializes a request of 10 MB once over HTTP, even if it is sent twice", async () => {
  const { url, requests } = await serve((_, response, index) => {
    if (index === 0) response.writeHead(503).end("busy");
    else response.writeHead(200, { "content-type": "text/event-stream" }).end(`data: ${JSON.stringify(COMPLETED)}\n\n`);
  });
  const { session } = openSession(`${url}/v1`, { carrier: "http" });
  const input = longHistory();
  const written = countWritten(input);
  expect((await answerTo(session, { model: "m", input })).status).toBe("completed");
  expect(requests.map(({ body }) => body.length > 10 * LARGE)).toEqual([true, true]);
  expect(written()).toBeCloseTo(1, 2);
});

it("serializes a request of 10 MB once over a WebSocket, and none of it again for the next one", async () => {
  const server = await serveWebSocket((_, tell) => tell(COMPLETED));
  const { session } = openSession(server.url, { carrier: "websocket" }, { supportsWebSockets: true });
  const input = longHistory();
  const written = countWritten(input);
  await answerTo(session, { model: "m", input });
  expect(written()).toBeCloseTo(1, 2);
  await answerTo(session, { model: "m", input: [...input, user("and now?")] });
  expect(server.frames.map((frame) => (frame.input as unknown[]).length)).toEqual([550, 1]);
  expect(written()).toBeCloseTo(1, 2);
});
