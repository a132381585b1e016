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

it("a response that still runs, as answer to a body without `stream: true`, is called what it is", async () => {
  const { answer } = await answerTo("application/json", [
    '{"id":"r","object":"response","status":"in_progress","output":[]}',
  ]);
  expect(answer).toMatchObject({
    message: expect.stringContaining(
      "is not an event stream but application/json; it is a whole response: the body that was sent lacks `stream: true`",
    ),
  });
});

it("a whole response to a body without `stream: true` is the answer", async () => {
  const client = new ResponsesClient(clientOptions((await emulate({ script: [{ answer: "Hello." }] })).url));
  const stream = await client.streamBody({ model: "m", input: "q" });
  expect(await stream.collect()).toMatchObject({ text: "Hello.", status: "completed" });
});

const message = { type: "message", role: "assistant", content: [{ type: "output_text", text: "a" }] };
const response = { id: "r", object: "response", status: "completed", output: [message] };
const long = { ...message, content: [{ type: "output_text", text: "é".repeat(200_000) }] };

const deltas = stream.slice(0, stream.indexOf("\n\n") + 2).repeat(3);

it.each<[what: string, body: string, message: RegExp]>([
  [
    "a text in its place",
    "upstream connect error, reset",
    /response\.completed; it ended with a text that is no event: upstream connect error, reset$/,
  ],
  [
    "a text as data",
    `${stream.slice(0, 60)}\n\ndata: Internal error\n\n`,
    /it ended with a text that is no event: Internal error$/,
  ],
  ["a text as data that breaks the rest", "data: Internal error\n\n: still here\n\n", /no event: Internal error$/],
  ["nothing", "", /^stream closed before response\.completed$/],
  ["an event", stream.slice(0, 57), /^stream closed before response\.completed$/],
  [
    "an event that is cut off",
    'data: {"type":"response.output_text.delta","delta":"pri',
    /^stream closed before response\.completed$/,
  ],
  ["events behind a text", `${deltas}data: hello\n\n${deltas}`, /^stream closed before response\.completed$/],
  ["the mark of an end", `${stream.slice(0, 57)}data: [DONE]\n\n`, /^stream closed before response\.completed$/],
])("a stream that ends with %s says so, in one piece and byte by byte", async (_what, body, message) => {
  for (const pieces of [[body], [...body]]) {
    const { answer } = await answerTo("text/plain", pieces);
    expect(answer).toMatchObject({ kind: "stream", outlook: "again", message: expect.stringMatching(message) });
  }
});

// parity: sse/whole-answer
it.each<[what: string, body: unknown, expected: object]>([
  ["the whole response", response, { text: "a", items: [message], responseId: "r" }],
  ["a long one", { ...response, output: [long] }, { items: [long] }],
  ["one that stopped early", { ...response, status: "incomplete" }, { kind: "incomplete", partial: { text: "a" } }],
  [
    "one that failed",
    { ...response, status: "failed", error: { code: "context_length_exceeded", message: "Too long." } },
    { kind: "context_window_exceeded", partial: { text: "a", responseId: "r" } },
  ],
  ["an error", { error: { code: "insufficient_quota", message: "No credit." } }, { kind: "quota_exceeded" }],
  ["a gateway's error", { object: "error", type: "E", message: "no", code: 400 }, { kind: "invalid_request" }],
])("%s as JSON in place of a stream is the answer", async (_what, body, expected) => {
  const text = `\uFEFF ${JSON.stringify(body)}`;
  const { answer, reported } = await answerTo("application/json", [
    text.slice(0, 1),
    text.slice(1, 20),
    text.slice(20),
  ]);
  expect(answer).toMatchObject(expected);
  expect(reported[0]).toBe("content type");
});

it.each<[string, readonly string[]]>([
  ["application/json", [JSON.stringify({ ...response, status: "in_progress" })]],
  ["application/json", [JSON.stringify(response).slice(0, -1)]],
  ["application/json", ["[", JSON.stringify(response), "]"]],
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
