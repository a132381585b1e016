import { expect, it } from "vitest";
import { ResponsesClient } from "../../../src/api/responses/client.ts";
import type { StreamDeviation } from "../../../src/client/observe/telemetry.ts";
import { clientOptions, emulate } from "../../support/clients.ts";
import { serve } from "../../support/serve.ts";

const stream = `data: {"type":"response.output_text.delta","delta":"a"}\n\ndata: {"type":"response.completed","response":{"id":"r"}}\n\n`;

async function answerTo(contentType: string | undefined, pieces: readonly string[]) {
  const server = await serve(async (_request, response) => {
    response.writeHead(200, contentType === undefined ? {} : { "content-type": contentType });
    for (const piece of pieces) await new Promise((resolve) => response.write(piece, resolve));
    response.end();
  });
  const reported: unknown[] = [];
  const telemetry = { onStreamDeviation: ({ what }: StreamDeviation) => void reported.push(what) };
  const client = new ResponsesClient({ ...clientOptions(server.url), telemetry });
  const opened = await client.stream({ model: "m", input: "q" });
  return { answer: await opened.collect().catch((error: unknown) => error), reported };
}

// parity: stream/label-of-a-stream
it.each<[string | undefined, readonly string[], readonly string[]]>([
  ["application/json", [stream], ["content type"]],
  ["text/html; charset=utf-8", [stream], ["content type"]],
  ["application/json", ["\uFEFF\n", `event: x\n${stream}`], ["content type"]],
  ["application/json", [`: hello\n\n${stream}`], ["content type"]],
  ["application/json", ["da", stream.slice(2)], ["content type"]],
  ["text/plain", [stream], []],
  [undefined, [stream], []],
])("a stream labelled %s that begins as one is read: %j", async (contentType, pieces, expected) => {
  const { answer, reported } = await answerTo(contentType, pieces);
  expect(answer).toMatchObject({ text: "a" });
  expect(reported).toEqual(expected);
});

it("a whole response to a body without `stream: true` is called what it is", async () => {
  const client = new ResponsesClient(clientOptions((await emulate()).url));
  const { message } = await client.streamBody({ model: "m", input: "q" }).then(
    (stream) =>
      stream.collect().then(
        () => new Error("read"),
        (error: Error) => error,
      ),
    (error: Error) => error,
  );
  expect(message).toContain(
    "is not an event stream but application/json; it is a whole response: the body that was sent lacks `stream: true`",
  );
});

it.each<[string, readonly string[]]>([
  ["application/json", ['{"detail":"wrong path"}']],
  ["text/html", ["<html>", "log in"]],
  ["application/json", ["dat"]],
  ["application/json", []],
  ["text/html", ["<html>", "x".repeat(100_000)]],
])("what is labelled %s and is that is no event stream: %j", async (contentType, pieces) => {
  const { answer, reported } = await answerTo(contentType, pieces);
  expect(answer).toMatchObject({
    kind: "protocol",
    message: expect.stringContaining(`is not an event stream but ${contentType}`),
  });
  expect(reported).toEqual([]);
});
