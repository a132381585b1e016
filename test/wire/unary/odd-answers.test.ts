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
import { CodexApiError } from "../../../src/api/refusal/kinds.ts";
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
