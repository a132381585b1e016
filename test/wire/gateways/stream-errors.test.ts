import { describe, expect, it, onTestFinished } from "vitest";
import { apiKeyAuth, CodexApi, openaiProvider } from "../../../src/index.ts";
import { serve } from "../../support/serve.ts";

const KEY = "sk-secret-1234567890";

/** The API before a server that answers every request with these bytes, and then ends or breaks the answer. */
async function before(body: string, { cut = false, type = "text/event-stream" } = {}) {
  const { url } = await serve((_request, response) => {
    response.writeHead(200, { "content-type": type, "x-request-id": "req_7" });
    if (cut) response.write(body, () => response.destroy());
    else response.end(body);
  });
  const provider = openaiProvider({
    env: {},
    baseUrl: url,
    retry: { maxRetries: 0, baseDelayMs: 1 },
    maxStreamRetries: 0,
  });
  const api = new CodexApi({ provider, auth: apiKeyAuth(KEY), env: {} });
  onTestFinished(() => api.close());
  return api;
}

const framed = (...events: readonly object[]): string =>
  events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
const created = { type: "response.created", response: { id: "resp_1" } };

async function thrownBy(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("an error of a stream over HTTP has the id of its request:", () => {
  it.each<[what: string, kind: string, body: string, options?: Parameters<typeof before>[1]]>([
    [
      "a failed response",
      "retryable",
      framed(created, { type: "response.failed", response: { error: { message: "no" } } }),
    ],
    ["an error event", "retryable", framed(created, { type: "error", code: "server_error", message: "no" })],
    [
      "a gateway's error",
      "invalid_request",
      framed({ object: "error", type: "BadRequestError", message: "no", code: 400 }),
    ],
    ["an incomplete response", "incomplete", framed(created, { type: "response.incomplete", response: {} })],
    ["an end without the terminal event", "stream", framed(created)],
    ["a damaged event", "stream", `${framed(created)}data: {"type":\n\n`],
    ["a body that breaks", "stream", framed(created), { cut: true }],
    ["a page in its place", "protocol", "<html><title>Sign in</title></html>", { type: "text/html" }],
  ])("%s", async (_what, kind, body, options) => {
    const api = await before(body, options);
    const stream = await api.responses.stream({ model: "m", input: "q" });
    const error = await thrownBy(stream.collect());
    expect(error).toMatchObject({ kind, requestId: "req_7" });
    const session = api.session({ carrier: "http" });
    const ofSession = await thrownBy(session.stream({ model: "m", input: "q" }).then((each) => each.collect()));
    expect(ofSession).toMatchObject({ kind, requestId: "req_7" });
  });
});

// parity: sse/whole-answer
it("images as JSON in place of a stream are the images", async () => {
  const usage = { input_tokens: 1, output_tokens: 2, total_tokens: 3 };
  const body = { created: 7, data: [{ b64_json: "AA==" }, { b64_json: "AQ==" }], size: "1x1", usage };
  const api = await before(JSON.stringify(body), { type: "application/json" });
  const images = await (await api.images.streamGeneration({ model: "m", prompt: "p", n: 2 })).collect();
  const each = { type: "completed", createdAt: 7, size: "1x1", usage };
  expect(images).toEqual([
    { ...each, b64Json: "AA==" },
    { ...each, b64Json: "AQ==" },
  ]);
});

describe("a stream of images ends with an error in any form, with the request's id and without the key:", () => {
  const images = [{ type: "image_generation.partial_image", b64_json: "AA==", partial_image_index: "1" }];
  it.each([
    ["retryable", { type: "error", error: { message: `no, ${KEY}` } }],
    ["retryable", { message: `no, ${KEY}` }],
    ["retryable", { type: "InternalServerError", message: `no, ${KEY}` }],
    ["invalid_request", { object: "error", type: "BadRequestError", message: `no, ${KEY}`, code: 400 }],
  ])("%s: %j", async (kind, error) => {
    const api = await before(framed(...images, error));
    const stream = await api.images.streamGeneration({ model: "m", prompt: "p" });
    const seen: unknown[] = [];
    const failure = await thrownBy(
      (async () => {
        for await (const event of stream) seen.push(event);
      })(),
    );
    expect(seen).toMatchObject([{ type: "partial_image", partialImageIndex: 1 }]);
    expect(failure).toMatchObject({ kind, requestId: "req_7", message: expect.stringContaining("no, ") });
    expect(JSON.stringify(failure)).not.toContain(KEY);
  });
});
