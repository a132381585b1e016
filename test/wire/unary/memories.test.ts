import { expect, it } from "vitest";
import { MemoriesClient } from "../../../src/api/endpoints/memories/client.ts";
import { clientOptions, emulate } from "../../support/clients.ts";
import { errorOf } from "../../support/transport.ts";

const trace = {
  id: "t1",
  metadata: { source_path: "/r.jsonl" },
  items: [{ type: "message", role: "user", content: [] }],
};

it("sends the traces and returns a summary for each", async () => {
  const emulator = await emulate();
  const client = new MemoriesClient(clientOptions(emulator.url));
  const summaries = await client.summarize(
    { model: "m", traces: [trace, { ...trace, id: "t2" }], reasoning: { effort: "low" } },
    { sessionSource: "memory_consolidation" },
  );
  expect(summaries).toHaveLength(2);
  expect(summaries[0]).toEqual({ trace_summary: expect.any(String), memory_summary: expect.any(String) });
  const [request] = emulator.requests;
  expect([request?.method, request?.path]).toEqual(["POST", "/v1/memories/trace_summarize"]);
  expect(request?.json).toEqual({ model: "m", traces: [trace, { ...trace, id: "t2" }], reasoning: { effort: "low" } });
  expect(request?.headers).toMatchObject({ "x-openai-subagent": "memory_consolidation" });
});

it("sends nothing when there is nothing to summarize", async () => {
  const emulator = await emulate();
  expect(await new MemoriesClient(clientOptions(emulator.url)).summarize({ model: "m", traces: [] })).toEqual([]);
  expect(emulator.requests).toEqual([]);
});

it("refuses an unknown option even then", async () => {
  const emulator = await emulate();
  const misspelt = { sgnal: AbortSignal.abort() } as object;
  const error = await errorOf(
    new MemoriesClient(clientOptions(emulator.url)).summarize({ model: "m", traces: [] }, misspelt),
  );
  expect(error).toMatchObject({ kind: "build", message: expect.stringContaining("did you mean signal?") });
});

it("reads raw_memory as the trace's summary", async () => {
  const body = { output: [{ raw_memory: "raw", memory_summary: "short" }] };
  const emulator = await emulate({ script: [{ status: 200, body }] });
  const summaries = await new MemoriesClient(clientOptions(emulator.url)).summarize({ model: "m", traces: [trace] });
  expect(summaries).toEqual([{ trace_summary: "raw", memory_summary: "short" }]);
});

it.each<[string, unknown, RegExp]>([
  ["a missing field", { output: [{ trace_summary: "t" }] }, /^failed to decode memory summaries: .*memory_summary/],
  ["no JSON", "<html><title>Sign in</title></html>", /^failed to decode memory summaries: .*not JSON.*body: Sign in/],
])("an answer with %s is a protocol error", async (_what, body, message) => {
  const emulator = await emulate({ script: [{ status: 200, body }] });
  const client = new MemoriesClient(clientOptions(emulator.url));
  const error = await errorOf(client.summarize({ model: "m", traces: [trace] }));
  expect(error).toMatchObject({ kind: "protocol" });
  expect(error.message).toMatch(message);
});
