import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { ModelsCache, type ModelsCacheOptions } from "../../../../../src/api/endpoints/models/cache.ts";
import type { ModelsList, ModelsListOptions } from "../../../../../src/api/endpoints/models/client.ts";
import { fallbackModelInfo, type ModelInfo } from "../../../../../src/api/endpoints/models/info.ts";
import { AbortedError } from "../../../../../src/client/failure/kinds.ts";
import type { Logger } from "../../../../../src/client/observe/log.ts";

const TTL_MS = 300_000;
const known: ModelInfo = { ...fallbackModelInfo("m"), used_fallback_model_metadata: false };

/** A cache over a client that counts; its lists have the etags `"1"`, `"2"`, … */
function open(options: Partial<ModelsCacheOptions> = {}) {
  const calls: ModelsListOptions[] = [];
  const warnings: string[] = [];
  const time = { ms: Date.UTC(2026, 2, 13) };
  const logger: Logger = {
    debug() {},
    info() {},
    error() {},
    warn: (_fields, message) => void warnings.push(message),
  };
  const client = {
    async list(call: ModelsListOptions): Promise<ModelsList> {
      calls.push(call);
      return { models: [known], etag: `"${calls.length}"` };
    },
  };
  const clock = { now: () => time.ms, sleep: () => Promise.resolve() };
  const cache = new ModelsCache({ client, clientVersion: "1.2.3-beta", clock, logger, ...options });
  return { cache, calls, warnings, time };
}

async function cachePath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "models-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, "codex", "models_cache.json");
}

describe("in memory", () => {
  test("a list is valid for five minutes", async () => {
    const { cache, calls, time } = open();
    const { signal } = new AbortController();
    expect(await cache.list({ signal })).toEqual({ models: [known], etag: '"1"' });
    expect(calls).toEqual([{ clientVersion: "1.2.3", signal: expect.any(AbortSignal) }]);
    time.ms += TTL_MS;
    expect(await cache.list()).toEqual({ models: [known], etag: '"1"' });
    time.ms += 1;
    expect(await cache.list()).toMatchObject({ etag: '"2"' });
  });

  test("a list from the future is not valid", async () => {
    const { cache, calls, time } = open();
    await cache.list();
    time.ms -= 1;
    await cache.list();
    expect(calls).toHaveLength(2);
  });

  test("the time for which a list is valid can be set", async () => {
    const { cache, calls, time } = open({ ttlMs: 10 });
    await cache.list();
    time.ms += 11;
    await cache.list();
    expect(calls).toHaveLength(2);
  });

  test("the same etag renews the list", async () => {
    const { cache, calls, time } = open();
    await cache.list();
    time.ms += TTL_MS - 1;
    expect(await cache.noteEtag('"1"')).toEqual({ models: [known], etag: '"1"' });
    time.ms += TTL_MS;
    await cache.list();
    expect(calls).toHaveLength(1);
  });

  test("another etag makes the list be requested again", async () => {
    const { cache, calls } = open();
    await cache.list();
    expect(await cache.noteEtag('"new"')).toMatchObject({ etag: '"2"' });
    expect(calls).toHaveLength(2);
  });

  test("any etag makes the list be requested if there is none", async () => {
    const { cache, calls } = open();
    await cache.noteEtag('"1"');
    expect(calls).toHaveLength(1);
  });

  test("a failure is thrown, and the present list is kept", async () => {
    let fails = false;
    const client = {
      list: () => (fails ? Promise.reject(new Error("down")) : Promise.resolve({ models: [known], etag: '"1"' })),
    };
    const { cache } = open({ client });
    await cache.list();
    fails = true;
    await expect(cache.noteEtag('"2"')).rejects.toThrow("down");
    expect(await cache.list()).toMatchObject({ etag: '"1"' });
  });
});

describe("while a list is being requested", () => {
  /** A client that answers when the test says so. */
  function openSlow() {
    const calls: (ModelsListOptions & { answer: (list: ModelsList) => void; fail: (error: Error) => void })[] = [];
    const client = {
      list: (call: ModelsListOptions) =>
        new Promise<ModelsList>((answer, fail) => {
          calls.push({ ...call, answer, fail });
          call.signal?.addEventListener("abort", () => fail(new AbortedError(call.signal?.reason)));
        }),
    };
    return { ...open({ client }), calls };
  }
  const list = { models: [known], etag: '"1"' };

  test("all callers wait for it", async () => {
    const { cache, calls } = openSlow();
    const asked = [...Array.from({ length: 10 }, () => cache.list()), cache.noteEtag('"1"')];
    await vi.waitUntil(() => calls.length > 0);
    calls[0]?.answer(list);
    expect(await Promise.all(asked)).toEqual(asked.map(() => list));
    expect(calls).toHaveLength(1);
  });

  test("an abort ends only its own caller's wait", async () => {
    const { cache, calls } = openSlow();
    const controller = new AbortController();
    const first = cache.list({ signal: controller.signal });
    const second = cache.list();
    await vi.waitUntil(() => calls.length > 0);
    controller.abort("enough");
    await expect(first).rejects.toMatchObject({ kind: "aborted", cause: "enough" });
    expect(calls[0]?.signal?.aborted).toBe(false);
    calls[0]?.answer(list);
    expect(await second).toEqual(list);
  });

  test("the request is aborted when nobody waits any more, and the next caller starts another", async () => {
    const { cache, calls } = openSlow();
    const controller = new AbortController();
    const asked = [cache.list({ signal: controller.signal }), cache.list({ signal: controller.signal })];
    await vi.waitUntil(() => calls.length > 0);
    controller.abort();
    await Promise.allSettled(asked);
    expect(calls[0]?.signal?.aborted).toBe(true);
    const next = cache.list();
    await vi.waitUntil(() => calls.length > 1);
    calls[1]?.answer(list);
    expect(await next).toEqual(list);
  });

  test("a failure reaches every caller, and is not kept", async () => {
    const { cache, calls } = openSlow();
    const asked = [cache.list(), cache.list()];
    await vi.waitUntil(() => calls.length > 0);
    calls[0]?.fail(new Error("down"));
    expect(await Promise.allSettled(asked)).toMatchObject(asked.map(() => ({ reason: { message: "down" } })));
    const next = cache.list();
    await vi.waitUntil(() => calls.length > 1);
    calls[1]?.answer(list);
    expect(await next).toEqual(list);
  });
});

describe("in a file", () => {
  test("the list is kept in the reference's form, for the next process", async () => {
    const path = await cachePath();
    await open({ path }).cache.list();
    const { used_fallback_model_metadata: _ours, ...written } = known;
    expect(JSON.parse(await readFile(path, "utf8"))).toEqual({
      fetched_at: "2026-03-13T00:00:00.000Z",
      etag: '"1"',
      client_version: "1.2.3",
      models: [
        {
          ...written,
          description: null,
          availability_nux: null,
          upgrade: null,
          default_verbosity: null,
          apply_patch_tool_type: null,
        },
      ],
    });
    const next = open({ path });
    expect(await next.cache.list()).toEqual({ models: [known], etag: '"1"' });
    expect(next.calls).toEqual([]);
  });

  test("a list without an etag is written and read without one", async () => {
    const path = await cachePath();
    const client = { list: async () => ({ models: [known] }) };
    expect(await open({ path, client }).cache.list()).toEqual({ models: [known] });
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ etag: null });
    const next = open({ path });
    expect(await next.cache.list()).toEqual({ models: [known] });
    expect(next.calls).toEqual([]);
  });

  test("no other file is left beside it", async () => {
    const path = await cachePath();
    const { cache } = open({ path });
    await cache.list();
    await cache.refresh();
    expect(await readdir(join(path, ".."))).toEqual(["models_cache.json"]);
  });

  test("a renewed list is renewed there too", async () => {
    const path = await cachePath();
    const { cache, time } = open({ path });
    await cache.list();
    time.ms += 60_000;
    await cache.noteEtag('"1"');
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ fetched_at: "2026-03-13T00:01:00.000Z" });
  });

  test.each<[string, object]>([
    ["of another client version", { client_version: "9.9.9" }],
    ["too old", { fetched_at: "2026-03-12T23:54:59Z" }],
  ])("a list that is %s is not used, without a warning", async (_what, differs) => {
    const path = await cachePath();
    await open({ path }).cache.list();
    const file = JSON.parse(await readFile(path, "utf8"));
    await writeFile(path, JSON.stringify({ ...file, ...differs }));
    const { cache, calls, warnings } = open({ path });
    await cache.list();
    expect(calls).toHaveLength(1);
    expect(warnings).toEqual([]);
  });

  test.each([
    "",
    "{",
    "[]",
    '{"fetched_at":1,"client_version":"1.2.3","models":[]}',
    '{"fetched_at":"2026-03-13T00:00:00Z","models":[]}',
    '{"fetched_at":"2026-03-13T00:00:00Z","client_version":"1.2.3"}',
  ])("%j is not a list: the log says so, and a new list replaces it", async (content) => {
    const path = await cachePath();
    await open({ path }).cache.list();
    await writeFile(path, content);
    const { cache, calls, warnings } = open({ path });
    await cache.list();
    expect(calls).toHaveLength(1);
    expect(warnings).toEqual([expect.stringMatching(/cannot be read/)]);
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ client_version: "1.2.3" });
  });

  test.runIf(process.platform === "linux")("a folder that cannot be created is only a warning", async () => {
    const { cache, warnings } = open({ path: "/proc/nowhere/codex/models_cache.json" });
    expect((await cache.list()).models).toEqual([known]);
    expect(warnings.at(-1)).toMatch(/cannot be written/);
  });

  test("one that cannot be written is only a warning", async () => {
    const path = await cachePath();
    await open({ path }).cache.list();
    const below = join(path, "models_cache.json");
    const { cache, warnings } = open({ path: below });
    expect(await cache.list()).toMatchObject({ etag: '"1"' });
    expect(warnings.at(-1)).toMatch(/cannot be written/);
  });

  test("is read once, and not at all before it is needed", async () => {
    const path = await cachePath();
    const early = open({ path });
    await open({ path }).cache.list();
    expect(await early.cache.list()).toMatchObject({ etag: '"1"' });
    expect(early.calls).toEqual([]);
  });
});

test("an invalid version is refused at once", () => {
  expect(() => open({ clientVersion: "dev" })).toThrow(/is not a version/);
});
