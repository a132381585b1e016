import type { ServerResponse } from "node:http";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CallsClient } from "../../../src/api/endpoints/calls.ts";
import { CompactClient } from "../../../src/api/endpoints/compact/client.ts";
import { FilesClient } from "../../../src/api/endpoints/files/client.ts";
import { ImagesClient } from "../../../src/api/endpoints/images/client.ts";
import { MemoriesClient } from "../../../src/api/endpoints/memories/client.ts";
import { ModelsClient } from "../../../src/api/endpoints/models/client.ts";
import { SearchClient } from "../../../src/api/endpoints/search.ts";
import { ClientSecretsClient } from "../../../src/api/realtime/client-secrets.ts";
import { CodexApiError } from "../../../src/api/refusal/kinds.ts";
import { ResponsesClient } from "../../../src/api/responses/client.ts";
import type { ServiceOptions } from "../../../src/api/service/options.ts";
import { BuildError } from "../../../src/client/failure/kinds.ts";
import { clientOptions } from "../../support/clients.ts";
import { serve } from "../../support/serve.ts";

const traces = [{ id: "t", metadata: { source_path: "p" }, items: [] }];
const noWait = { now: () => 0, sleep: () => Promise.reject(new BuildError("the test ends the polling")) };

/** Every unary client, with a call and a sound answer to it. */
const calls: readonly (readonly [name: string, call: (options: ServiceOptions) => Promise<unknown>, sound: object])[] =
  [
    [
      "compact",
      (options) => new CompactClient(options).compact({ model: "m", input: "hi" }),
      { output: [{ type: "message", role: "user", content: [] }] },
    ],
    [
      "memories",
      (options) => new MemoriesClient(options).summarize({ model: "m", traces }),
      { output: [{ trace_summary: "t", memory_summary: "m" }] },
    ],
    [
      "models",
      (options) => new ModelsClient(options).list({ clientVersion: "1.2.3" }),
      { models: [{ slug: "m", model_messages: { instructions_variables: {} }, truncation_policy: { mode: "bytes" } }] },
    ],
    ["search", (options) => new SearchClient(options).search({ id: "s", model: "m" }), { output: "o" }],
    [
      "images",
      (options) => new ImagesClient(options).generate({ model: "m", prompt: "p" }),
      { created: 1, data: [{ b64_json: "AA==" }] },
    ],
    ["calls", (options) => new CallsClient(options).create("v=0"), { sdp: "v=0" }],
    ["client secrets", (options) => new ClientSecretsClient(options).create(), { value: "ek_1", expires_at: 1 }],
    [
      "stored responses",
      (options) => new ResponsesClient(options).retrieve("resp_1"),
      { id: "resp_1", status: "completed", output: [] },
    ],
    ["input items", (options) => new ResponsesClient(options).inputItems("resp_1").pages().next(), { data: [] }],
    [
      "counts of tokens",
      (options) => new ResponsesClient(options).countInputTokens({ model: "m", input: "hi" }),
      { input_tokens: 5 },
    ],
    ["files", (options) => new FilesClient(options).upload({ name: "f", bytes: Buffer.from("x") }), { id: "file-1" }],
    [
      "files of the ChatGPT backend",
      ({ provider, ...options }) =>
        new FilesClient({
          ...options,
          provider: { ...provider, baseUrl: `${provider.baseUrl}/backend-api` },
          clock: noWait,
        }).upload({ name: "f", bytes: Buffer.from("x") }),
      { file_id: "f", upload_url: "http://127.0.0.1:9/", status: "success" },
    ],
  ];

type Answer = (response: ServerResponse) => void;

function json(body: unknown): Answer {
  return (response) => void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}

const page = "<!doctype html><title>Sign in to the network</title><p>Welcome.";
const odd: readonly (readonly [what: string, (sound: string) => Answer])[] = [
  ["nothing", () => (response) => void response.end()],
  ["204", () => (response) => void response.writeHead(204).end()],
  ["null", () => json(null)],
  ["a number", () => json(7)],
  ["a list", () => json([])],
  ["an empty object", () => json({})],
  ["HTML", () => (response) => void response.writeHead(200, { "content-type": "text/html" }).end(page)],
  ["JSON cut short", (sound) => (response) => void response.end(sound.slice(0, -2))],
  [
    "a body cut short",
    (sound) => (response) =>
      void response.writeHead(200, { "content-length": 9e6 }).write(sound, () => void response.destroy()),
  ],
  ["bytes that are no text", () => (response) => void response.end(Buffer.of(0xff, 0xfe, 0x00, 0xc3))],
  ["a broken gzip", () => (response) => void response.writeHead(200, { "content-encoding": "gzip" }).end("no gzip")],
  ["deep nesting", () => (response) => void response.end("[".repeat(200_000))],
  ["10 MB of text", () => json("x".repeat(10 * 1024 * 1024))],
  ["10 MB of an unknown field", () => json({ unknown: "x".repeat(10 * 1024 * 1024) })],
  ["500 with HTML", () => (response) => void response.writeHead(500, { "content-type": "text/html" }).end(page)],
  ["a redirect to itself", () => (response) => void response.writeHead(307, { location: "/x" }).end()],
  ["a redirect to nowhere", () => (response) => void response.writeHead(302, { location: "::" }).end()],
  ["304", () => (response) => void response.writeHead(304).end()],
];

/** The call's result, or the error that it ended with. */
async function outcome(call: (options: ServiceOptions) => Promise<unknown>, url: string): Promise<unknown> {
  const options = clientOptions(url, { retry: { maxRetries: 0 } });
  return call(options).then(
    () => "answered",
    (error: unknown) => error,
  );
}

describe.each(calls)("%s", (_name, call, sound) => {
  it.each(odd)("answered with %s ends in an error of ours", async (_what, answer) => {
    const { url } = await serve((_request, response) => {
      answer(JSON.stringify(sound))(response);
    });
    const result = await outcome(call, url);
    expect(CodexApiError.is(result), String(result)).toBe(true);
    expect((result as Error).message.length).toBeLessThan(3_000);
  });
});

/** Calls that return nothing, and so do not look at most of an answer. */
const acts: readonly (readonly [name: string, call: (options: ServiceOptions) => Promise<unknown>])[] = [
  ["deleting a response", (options) => new ResponsesClient(options).delete("resp_1")],
  ["deleting a file", (options) => new FilesClient(options).delete("file-1")],
  ["ending a call", (options) => new CallsClient(options).hangUp("rtc_1")],
  ["transferring a call", (options) => new CallsClient(options).refer("rtc_1", "tel:+1")],
];

/** Errors of gateways with a status of success, and the kind that each has. */
const told: readonly (readonly [body: object, kind: string])[] = [
  [{ error: { message: "No credit left.", code: "insufficient_quota" } }, "quota_exceeded"],
  [{ type: "error", error: { message: "No credit left.", type: "api_error" } }, "retryable"],
  [{ error: "No credit left." }, "retryable"],
  [{ object: "error", message: "No credit left.", type: "BadRequestError", code: 400 }, "invalid_request"],
  [{ error: { message: "No credit left.", code: 401 } }, "http"],
];

// parity: unary/error-in-success
describe.each([...calls.map(([name, call]) => [name, call] as const), ...acts])("%s", (name, call) => {
  const byHeaders = { "content-type": "application/json", "x-request-id": "req_7" };

  it.each(told)("answered with %j and a status of success is that error", async (body, kind) => {
    const { url } = await serve((_request, response) => response.writeHead(200, byHeaders).end(JSON.stringify(body)));
    const error = await outcome(call, url);
    expect(error).toMatchObject({ kind, requestId: "req_7", message: expect.stringContaining("No credit left") });
  });

  it("answered with a page says what the page says, from where, and the request's id", async () => {
    const { url } = await serve((_request, response) =>
      response.writeHead(200, { ...byHeaders, "content-type": "text/html" }).end(page),
    );
    const error = await outcome(call, url);
    expect(error).toMatchObject({ kind: "protocol", requestId: "req_7" });
    expect((error as Error).message).toMatch(/HTTP 200 from http:\/\/127\.0\.0\.1.*Sign in to the network/);
  });

  it("answered without a field says from where, and with which fields", async () => {
    const { url } = await serve((_request, response) =>
      response.writeHead(200, byHeaders).end('{"data":{},"deleted":false}'),
    );
    const error = await outcome(call, url);
    expect(error).toMatchObject({ kind: "protocol", requestId: "req_7" });
    const where =
      name === "models" ? /; body: \{"data"/ : /HTTP 200 from http:\/\/127\.0\.0\.1.*, with the fields data, deleted/;
    expect((error as Error).message).toMatch(where);
  });
});

it.each(acts)("%s: an empty answer, a word and an object without an error are all a success", async (_name, call) => {
  for (const body of ["", " \n", "OK", "{}", '{"id":"x","deleted":true}', '{"message":"gone now"}', "null"]) {
    const { url } = await serve((_request, response) => response.end(body));
    expect(await outcome(call, url)).toBe("answered");
  }
});

// parity: stream/odd-numbers
it.each(calls.filter(([name]) => !/call|backend/.test(name)))(
  "%s: numbers that JSON does not have, and a byte order mark, do not cost the answer",
  async (_name, call, sound) => {
    const body = `\uFEFF${JSON.stringify(sound).slice(0, -1)},"score":NaN,"worst":-Infinity}`;
    const { url } = await serve((_request, response) => response.end(body));
    expect(await outcome(call, url)).toBe("answered");
  },
);

it("an offer answered with something else than a session description is an error", async () => {
  for (const body of ["", "hello", '{"sdp":"v=0"}']) {
    const { url } = await serve((_request, response) =>
      response.writeHead(201, { location: "/v1/realtime/calls/rtc_1" }).end(body),
    );
    const error = await outcome((options) => new CallsClient(options).create("v=0"), url);
    expect(error).toMatchObject({ kind: "protocol", message: expect.stringContaining("SDP") });
  }
});

it("numbers written as texts are numbers, and an image without its time of creation is an image", async () => {
  const answers: object[] = [
    { input_tokens: "17" },
    { models: [{ slug: "m", context_window: "128000" }] },
    { id: "r", status: "completed", usage: { input_tokens: "1", output_tokens: "2", total_tokens: "3" } },
    { data: [{ b64_json: "AA==" }], created: null },
  ];
  const { url } = await serve((_request, response, nth) => json(answers[nth])(response));
  const options = clientOptions(url, { retry: { maxRetries: 0 } });
  expect(await new ResponsesClient(options).countInputTokens({ model: "m", input: "hi" })).toBe(17);
  const { models } = await new ModelsClient(options).list({ clientVersion: "1.2.3" });
  expect(models).toMatchObject([{ context_window: 128_000 }]);
  const { tokenUsage } = await new ResponsesClient(options).retrieve("r");
  expect(tokenUsage).toMatchObject({ inputTokens: 1, outputTokens: 2, totalTokens: 3 });
  const image = await new ImagesClient(options).generate({ model: "m", prompt: "p" });
  expect(image).toEqual({ data: [{ b64_json: "AA==" }] });
});

it("a list that is null is empty, and one that says with a text that it goes on goes on", async () => {
  const pages: object[] = [
    { data: [{ id: "a" }], has_more: "true" },
    { data: null, has_more: false },
    { data: [{ type: "message" }], has_more: "true", last_id: "i" },
    { data: [{ type: "message", id: "j" }], has_more: true },
    { data: null, has_more: null },
  ];
  const { url, requests } = await serve((_request, response, nth) => json(pages[nth])(response));
  const options = clientOptions(url, { retry: { maxRetries: 0 } });
  const files = [];
  for await (const file of new FilesClient(options).list()) files.push(file);
  const items = [];
  for await (const item of new ResponsesClient(options).inputItems("resp_1")) items.push(item);
  expect([files, items]).toEqual([[{ id: "a" }], [{ type: "message" }, { type: "message", id: "j" }]]);
  expect(requests.map(({ path }) => path)).toMatchObject([
    expect.not.stringContaining("after"),
    expect.stringContaining("after=a"),
    expect.not.stringContaining("after"),
    expect.stringContaining("after=i"),
    expect.stringContaining("after=j"),
  ]);
});

/** A sound answer in which some value, however deep, is any other, or is gone. */
function spoiled(sound: object): fc.Arbitrary<unknown> {
  const places = placesIn(sound);
  return fc
    .tuple(fc.constantFrom(...places), fc.oneof(fc.constant(undefined), fc.jsonValue()))
    .map(([place, value]) => replaced(sound, place, value));
}

function placesIn(value: unknown, at: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([key, inner]) => placesIn(inner, [...at, key]))];
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
  (copy as Record<string, unknown>)[key] = replaced((copy as Record<string, unknown>)[key], rest, by);
  return copy;
}

it.each(calls)("%s: a spoiled answer is read or is an error of ours", async (_name, call, sound) => {
  let body: unknown;
  const { url } = await serve((_request, response) => json(body)(response));
  await fc.assert(
    fc.asyncProperty(spoiled(sound), async (answer) => {
      body = answer;
      const result = await outcome(call, url);
      if (result !== "answered" && !CodexApiError.is(result)) throw result;
    }),
    { numRuns: 150 },
  );
});
