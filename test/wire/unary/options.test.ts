import { expect, it } from "vitest";
import { CallsClient } from "../../../src/api/endpoints/calls.ts";
import { CompactClient } from "../../../src/api/endpoints/compact/client.ts";
import { FilesClient } from "../../../src/api/endpoints/files/client.ts";
import { ImagesClient } from "../../../src/api/endpoints/images/client.ts";
import { MemoriesClient } from "../../../src/api/endpoints/memories/client.ts";
import { ModelsClient } from "../../../src/api/endpoints/models/client.ts";
import { SearchClient } from "../../../src/api/endpoints/search.ts";
import type { UnaryOptions } from "../../../src/api/service/call-options.ts";
import type { ServiceOptions } from "../../../src/api/service/options.ts";
import { clientOptions, emulate } from "../../support/clients.ts";

const request = { model: "m", prompt: "p", images: [{ image_url: "https://pictures.test/a.png" }] };
const trace = { id: "1", metadata: { source_path: "p" }, items: [] };

const calls: [string, (client: ServiceOptions, options: UnaryOptions) => Promise<unknown>, string][] = [
  ["search", (c, o) => new SearchClient(c).search({ id: "s", model: "m" }, o), "POST /v1/alpha/search"],
  ["generate", (c, o) => new ImagesClient(c).generate(request, o), "POST /v1/images/generations"],
  ["edit", (c, o) => new ImagesClient(c).edit(request, o), "POST /v1/images/edits"],
  ["create", (c, o) => new CallsClient(c).create("v=0", o), "POST /v1/realtime/calls"],
  ["compact", (c, o) => new CompactClient(c).compact({ model: "m", input: "x" }, o), "POST /v1/responses/compact"],
  [
    "summarize",
    (c, o) => new MemoriesClient(c).summarize({ model: "m", traces: [trace] }, o),
    "POST /v1/memories/trace_summarize",
  ],
  ["list", (c, o) => new ModelsClient(c).list({ ...o, clientVersion: "1.2.3" }), "GET /v1/models?client_version=1.2.3"],
  ["upload", (c, o) => new FilesClient(c).upload({ name: "f", bytes: new Uint8Array(1) }, o), "POST /v1/files"],
];

/** `accept` is what the reference sends with every call that is no stream. */
it.each(calls)("%s goes where it belongs, with its headers", async (_name, call, sentTo) => {
  const emulator = await emulate();
  await call(clientOptions(emulator.url), { headers: { "x-mine": "1" } });
  const [first] = emulator.requests;
  expect(`${first?.method} ${first?.path}`).toBe(sentTo);
  expect(first?.headers).toMatchObject({ accept: "*/*", "x-mine": "1" });
});

it.each(calls)(
  "%s sends nothing where an option is none, such as an address to send credentials to",
  async (_name, call) => {
    const emulator = await emulate();
    for (const odd of [{ url: emulator.url }, { path: "elsewhere" }, { header: { "x-mine": "1" } }]) {
      await expect(call(clientOptions(emulator.url), odd as UnaryOptions)).rejects.toMatchObject({
        kind: "build",
        message: expect.stringMatching(/unknown option "(url|path|header)" in /),
      });
    }
    expect(emulator.requests).toEqual([]);
  },
);

// parity: auth/unary-recovery
it.each(calls)("%s asks for fresh credentials after a 401", async (_name, call) => {
  const emulator = await emulate({ script: [{ status: 401 }] });
  const tokens = ["fresh", "stale"];
  const auth = { bearerToken: () => tokens.at(-1), onUnauthorized: () => tokens.pop() === "stale" };
  await call({ ...clientOptions(emulator.url), auth }, {});
  const [first, second] = emulator.requests.map(({ path, headers }) => [path, headers.authorization]);
  expect(first).toEqual([first?.[0], "Bearer stale"]);
  expect(second).toEqual([first?.[0], "Bearer fresh"]);
});
