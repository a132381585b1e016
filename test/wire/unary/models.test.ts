import { describe, expect, it } from "vitest";
import { ModelsClient } from "../../../src/api/endpoints/models/client.ts";
import type { EmulatorOptions } from "../../../src/emulator/index.ts";
import { clientOptions, emulate } from "../../support/clients.ts";
import { errorOf } from "../../support/transport.ts";

async function open(options: EmulatorOptions = {}, baseDelayMs = 1) {
  const emulator = await emulate(options);
  const client = new ModelsClient(clientOptions(emulator.url, { retry: { baseDelayMs } }));
  return { emulator, client };
}

describe("the models list", () => {
  it("is asked for with the whole version and comes with its etag", async () => {
    const { emulator, client } = await open();
    const { models, etag } = await client.list({ clientVersion: "0.115.0-alpha.3" });
    expect(models.map(({ slug }) => slug)).toEqual(["gpt-5.5", "gpt-5.1-codex-mini"]);
    expect(etag).toMatch(/^"[0-9a-f]{16}"$/);
    const [request] = emulator.requests;
    expect([request?.method, request?.path]).toEqual(["GET", "/v1/models?client_version=0.115.0"]);
    expect(request?.body).toHaveLength(0);
    expect(request?.headers).not.toHaveProperty("content-type");
  });

  it.each([undefined, "\u00e9tag"])("has no etag when the header is %j", async (etag) => {
    const { client } = await open({ script: [{ status: 200, headers: { etag }, body: { models: [] } }] });
    expect(await client.list({ clientVersion: "1.2.3" })).toEqual({ models: [] });
  });

  it("joins its version to the query that the base URL has", async () => {
    const emulator = await emulate();
    const client = new ModelsClient(clientOptions(`${emulator.url}?tenant=1`));
    await client.list({ clientVersion: "1.2.3" });
    expect(emulator.requests[0]?.path).toBe("/v1/models?tenant=1&client_version=1.2.3");
  });

  it("survives a value that is not known yet (parity: models/unknown-value)", async () => {
    const entry = {
      slug: "new",
      visibility: "sometimes",
      supported_reasoning_levels: [{ effort: "ultra" }],
      future: 1,
    };
    const { client } = await open({ script: [{ status: 200, body: { models: [entry, { slug: "old" }] } }] });
    const { models } = await client.list({ clientVersion: "1.2.3" });
    expect(models).toMatchObject([
      { slug: "new", visibility: "sometimes", supported_reasoning_levels: [{ effort: "ultra" }], future: 1 },
      { slug: "old", visibility: "none" },
    ]);
  });

  it("can be the public API's (parity: models/public-list)", async () => {
    const body = { object: "list", data: [{ id: "gpt-5-mini", object: "model", owned_by: "system" }] };
    const { client } = await open({ script: [{ status: 200, body }] });
    const { models } = await client.list({ clientVersion: "1.2.3" });
    expect(models).toMatchObject([{ slug: "gpt-5-mini", owned_by: "system", used_fallback_model_metadata: true }]);
  });

  it.each<[string, unknown, RegExp]>([
    ["another object", { nope: 1 }, /missing field `models`; body: \{"nope":1\}$/],
    ["an entry without a slug", { models: [{}] }, /models\[0\]: missing field `slug`; body: /],
    ["a web page", "<html><title>Log in</title></html>", /not JSON.*body: Log in$/],
    ["nothing", undefined, /is empty/],
  ])("is a protocol error when the answer is %s", async (_what, body, message) => {
    const { client } = await open({ script: [{ status: 200, body }] });
    const error = await errorOf(client.list({ clientVersion: "1.2.3" }));
    expect(error).toMatchObject({ kind: "protocol" });
    expect(error.message).toMatch(/^failed to decode models response: /);
    expect(error.message).toMatch(message);
  });
});

describe("its time limit", () => {
  it("ends a wait for the answer", async () => {
    const { client } = await open({ script: () => ({ stallBeforeHeaders: true }) });
    const error = await errorOf(client.list({ clientVersion: "1.2.3", timeoutMs: 30 }));
    expect(error).toMatchObject({ kind: "timeout", timeoutMs: 30 });
  });

  it("ends a wait between retries too", async () => {
    const { emulator, client } = await open({ script: () => ({ status: 503 }) }, 60_000);
    const error = await errorOf(client.list({ clientVersion: "1.2.3", timeoutMs: 300 }));
    expect(error).toMatchObject({ kind: "timeout", timeoutMs: 300 });
    expect(emulator.requests).toHaveLength(1);
  });

  it("is not what an abort looks like", async () => {
    const { emulator, client } = await open({ script: () => ({ stallBeforeHeaders: true }) });
    const controller = new AbortController();
    const listing = errorOf(client.list({ clientVersion: "1.2.3", signal: controller.signal }));
    await emulator.nextRequest();
    controller.abort(new Error("enough"));
    expect(await listing).toMatchObject({ kind: "aborted", cause: expect.objectContaining({ message: "enough" }) });
  });
});
