import { expect, it } from "vitest";
import { CodexApiError, ResponsesClient } from "../../../src/index.ts";
import { clientOptions, readEvents } from "../../support/clients.ts";
import { serve } from "../../support/serve.ts";

const COMMANDS = "\u001b]0;a title\u0007 \u001b[2J\u009b31m\0\u007f \u202etxt.exe\u2066";

/** Ways in which words of the other side come into a message. */
const WORDS: readonly (readonly [string, status: number, body: string])[] = [
  ["a page", 402, `<html><title>${COMMANDS}</title></html>`],
  ["a plain text", 503, COMMANDS],
  ["an error's message", 400, JSON.stringify({ error: { message: COMMANDS } })],
  ["an error's code", 400, JSON.stringify({ error: { code: COMMANDS } })],
  ["the end of a stream", 200, event({ type: "response.failed", response: { error: { message: COMMANDS } } })],
  ["a reason", 200, event({ type: "response.incomplete", response: { incomplete_details: { reason: COMMANDS } } })],
];

function event(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

it.each(WORDS)("no message has anything that a terminal obeys: %s", async (_what, status, body) => {
  const server = await serve((_request, response) => {
    response.writeHead(status, { "content-type": status === 200 ? "text/event-stream" : "text/html" }).end(body);
  });
  const client = new ResponsesClient(clientOptions(server.url, { retry: { maxRetries: 0 } }));
  const error: unknown = await client.stream({ model: "m", input: "x" }).then(
    async (stream) => (await readEvents(stream)).error,
    (thrown: unknown) => thrown,
  );
  expect(CodexApiError.is(error)).toBe(true);
  expect((error as Error).message).not.toMatch(/[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/u);
});

it("a message keeps its lines, its tabs and its letters", async () => {
  const server = await serve((_request, response) => {
    response.writeHead(400).end(JSON.stringify({ error: { message: "one\r\n\ttwo 👩‍💻 é שלום" } }));
  });
  const client = new ResponsesClient(clientOptions(server.url));
  await expect(client.stream({ model: "m", input: "x" })).rejects.toThrow("one\n\ttwo 👩‍💻 é שלום");
});
