import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ENTRIES } from "../../scripts/entries.mjs";
import {
  CodexApi,
  ModelsCache,
  noAuth,
  openaiProvider,
  RealtimeConversation,
  RealtimeHistory,
} from "../../src/index.ts";
import { emulate } from "../support/clients.ts";

/** What code without types may pass, as the first argument or as the second. */
const WRONG: readonly (readonly unknown[])[] = [[], [null], ["text"], [7], [[]], ["text", null], [{}, 7]];

type Callable = (...args: readonly unknown[]) => unknown;
type Constructor = new (...args: readonly unknown[]) => unknown;

/**
 * Functions that are not checked, because they are called for each event or piece, or are parts for programs like the adapters, which
 * call them with what they have made themselves.
 */
const UNCHECKED: ReadonlySet<string> = new Set([
  ...["parseWireEvent", "decodeRawData", "itemText"], // for each event or item
  ...[
    "blankHeaders",
    "blankerOf",
    "bodyExcerpt",
    "describeCertificates",
    "describePeer",
    "knownOptions",
    "nearestName",
  ],
  ...["parseRetryAfter", "readWhole", "steadyLogger"],
]);

/** Methods whose argument is optional, or may be anything. */
const TAKES_NOTHING: ReadonlySet<string> = new Set(["lane", "fork", "abort"]);

/** Each value that users can import and call. A new one is found here by itself. */
const exported: [name: string, value: Callable][] = [];
for (const [entry, source] of ENTRIES) {
  const values = (await import(join(import.meta.dirname, "../..", source))) as Record<string, unknown>;
  for (const [name, value] of Object.entries(values))
    if (typeof value === "function" && !UNCHECKED.has(name) && !(value.prototype instanceof Error))
      exported.push([`${entry}: ${name}`, value as Callable]);
}

/** Nobody listens there. */
const provider = openaiProvider({
  env: {},
  baseUrl: "http://127.0.0.1:9/v1",
  retry: { maxRetries: 0 },
  maxStreamRetries: 0,
});

/** Everything with methods that a `CodexApi` leads to. */
const OBJECTS: Readonly<Record<string, (api: CodexApi) => object>> = {
  api: (api) => api,
  responses: ({ responses }) => responses,
  models: ({ models }) => models,
  memories: ({ memories }) => memories,
  images: ({ images }) => images,
  files: ({ files }) => files,
  calls: ({ calls }) => calls,
  realtime: ({ realtime }) => realtime,
  clientSecrets: ({ clientSecrets }) => clientSecrets,
  session: (api) => api.session({ carrier: "http" }),
  lane: (api) => api.session({ carrier: "http" }).lane(),
};

/** What it opens. */
const OPENED: Readonly<Record<string, (api: CodexApi) => object | Promise<object>>> = {
  "a WebSocket": (api) => api.websocket(),
  "a realtime connection": ({ realtime }) => realtime.connect(),
  "a realtime conversation": async ({ realtime }) => new RealtimeConversation(await realtime.connect()),
  "a realtime history": () => new RealtimeHistory(),
  "a stream": ({ responses }) => responses.stream({ model: "m", input: "hi" }),
  "a models cache": ({ models }) => new ModelsCache({ client: models, clientVersion: "1.0.0" }),
};

const OF_EACH_EVENT: ReadonlySet<string> = new Set(["readBy", "source"]);

const some = new CodexApi({ provider, auth: noAuth(), env: {} });
const methods = Object.entries(OBJECTS).flatMap(([name, of]) =>
  methodsOf(of(some)).map((method): [string, string] => [name, method]),
);

function methodsOf(object: object): string[] {
  const found = new Set<string>();
  for (let shape = Object.getPrototypeOf(object); shape !== Object.prototype; shape = Object.getPrototypeOf(shape)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(shape)))
      if (typeof value === "function" && name !== "constructor") found.add(name);
  }
  return [...found];
}

/** What a call ends with, and undefined if it does not fail; what it opens is closed. */
async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    const result = await call();
    if (typeof result !== "object" || result === null) return undefined;
    if (Symbol.asyncIterator in result) await (result as AsyncIterable<unknown>)[Symbol.asyncIterator]().next();
    if ("close" in result && typeof result.close === "function") await result.close();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** The emulator's own errors are plain ones; an engine's are of a class of their own. */
function isOurs(error: unknown): boolean {
  if (error === undefined || (error instanceof Error && error.constructor === Error)) return true;
  return typeof error === "object" && error !== null && ("kind" in error || error.constructor.name === "FileError");
}

it("finds what there is", () => {
  expect(exported.map(([name]) => name)).toEqual(
    expect.arrayContaining([
      ".: CodexApi",
      "./client: createFetch",
      "./emulator: startEmulator",
      "./gateway: startGateway",
    ]),
  );
  expect(methods).toEqual(
    expect.arrayContaining([
      ["responses", "stream"],
      ["files", "upload"],
      ["lane", "compact"],
    ]),
  );
});

describe("a wrong argument, or none, is an error of ours and never one of the engine, for", () => {
  it.each(exported)("%s", async (_name, value) => {
    const isClass = /^class\b/.test(Function.prototype.toString.call(value));
    for (const args of WRONG) {
      const failure = await failureOf(() =>
        isClass ? new (value as unknown as Constructor)(...args) : value(...args),
      );
      expect(isOurs(failure), `${JSON.stringify(args)}: ${failure}`).toBe(true);
    }
  });

  it.each(methods)("%s.%s", async (name, method) => {
    for (const args of WRONG) {
      const api = new CodexApi({ provider, auth: noAuth(), env: {} });
      const target = OBJECTS[name]!(api) as Readonly<Record<string, Callable>>;
      const failure = await failureOf(() => target[method]!(...args));
      await api.close();
      expect(isOurs(failure), `${JSON.stringify(args)}: ${failure}`).toBe(true);
      const isMissing = (target[method]?.length ?? 0) > 0 && !TAKES_NOTHING.has(method) && (args[0] ?? null) === null;
      if (isMissing) expect(failure, JSON.stringify(args)).toMatchObject({ kind: "build" });
    }
  });

  it.each(Object.keys(OPENED))("each method of %s", async (name) => {
    const { url } = await emulate();
    const open = async () => {
      const api = new CodexApi({ provider: openaiProvider({ env: {}, baseUrl: url }), auth: noAuth(), env: {} });
      return { api, target: (await OPENED[name]!(api)) as Readonly<Record<string, Callable>> };
    };
    const first = await open();
    const names = methodsOf(first.target).filter((method) => !OF_EACH_EVENT.has(method));
    await first.api.close();
    expect(names.length).toBeGreaterThan(2);
    for (const method of names) {
      for (const args of WRONG) {
        const { api, target } = await open();
        const ended = failureOf(() => target[method]!(...args));
        await api.close(); // ends what waits for an event
        const failure = await ended;
        expect(isOurs(failure), `${method} ${JSON.stringify(args)}: ${failure}`).toBe(true);
      }
    }
  });
});
