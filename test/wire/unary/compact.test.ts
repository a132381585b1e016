import { describe, expect, it } from "vitest";
import { CompactClient } from "../../../src/api/endpoints/compact/client.ts";
import type { ProviderConfig } from "../../../src/api/provider.ts";
import { TurnState } from "../../../src/api/service/call-options.ts";
import type { EmulatorOptions } from "../../../src/emulator/index.ts";
import { clientOptions, emulate } from "../../support/clients.ts";
import { errorOf } from "../../support/transport.ts";

const message = (text: string) => ({ type: "message", role: "user", content: [{ type: "input_text", text }] }) as const;
const input = { model: "m", input: [message("one"), message("two")], instructions: "Be short." };

async function open(options: EmulatorOptions = {}, provider: Partial<ProviderConfig> = {}) {
  const emulator = await emulate(options);
  return { emulator, client: new CompactClient(clientOptions(emulator.url, provider)) };
}

describe("compaction by its endpoint", () => {
  it("sends the reference's body and returns the items to continue with", async () => {
    const { emulator, client } = await open();
    const items = await client.compact(input);
    expect(items.map(({ type }) => type)).toEqual(["message", "message", "compaction"]);
    expect(items.at(-1)).toMatchObject({ encrypted_content: expect.any(String) });
    const [request] = emulator.requests;
    expect([request?.method, request?.path]).toEqual(["POST", "/v1/responses/compact"]);
    expect(Buffer.from(request?.body ?? []).toString()).toBe(
      JSON.stringify({
        model: "m",
        input: input.input,
        instructions: "Be short.",
        tools: [],
        parallel_tool_calls: true,
      }),
    );
  });

  it("sends nothing for an empty history", async () => {
    const { emulator, client } = await open();
    expect(await client.compact({ model: "m", input: [] })).toEqual([]);
    expect(await client.compact({ model: "m", input: [] }, { form: "trigger" })).toEqual([]);
    expect(emulator.requests).toEqual([]);
  });

  it("names conversation and subagent, and takes the turn's state from the answer", async () => {
    const { emulator, client } = await open({
      script: [{ status: 200, headers: { "x-codex-turn-state": "sticky" }, body: { output: [] } }],
    });
    const turnState = new TurnState();
    const options = { conversationId: "c1", sessionSource: "compact", turnState, headers: { "x-mine": "1" } };
    await client.compact(input, options);
    await client.compact(input, options);
    const [first, second] = emulator.requests.map(({ headers }) => headers);
    expect(first).toMatchObject({ session_id: "c1", "x-openai-subagent": "compact", "x-mine": "1" });
    expect(first).not.toHaveProperty("x-client-request-id");
    expect(first).not.toHaveProperty("x-codex-turn-state");
    expect(second).toHaveProperty("x-codex-turn-state", "sticky");
  });

  it("uses the provider's names for the session id", async () => {
    const { emulator, client } = await open({}, { sessionHeaders: "hyphen" });
    await client.compact(input, { conversationId: "c1" });
    expect(emulator.requests[0]?.headers).toMatchObject({ "session-id": "c1", "thread-id": "c1" });
    expect(emulator.requests[0]?.headers).not.toHaveProperty("session_id");
  });

  it("gives each send four times the idle time-out", async () => {
    const { emulator, client } = await open(
      { script: [{ stallBeforeHeaders: true }] },
      { streamIdleTimeoutMs: 20, retry: { maxRetries: 0 } },
    );
    const error = await errorOf(client.compact(input));
    expect(error).toMatchObject({ kind: "timeout", timeoutMs: 80 });
    await emulator.waitForClosedResponses(1);
  });

  it("is sent again after a 500", async () => {
    const { emulator, client } = await open({ script: [{ status: 500 }] });
    expect(await client.compact(input)).toHaveLength(3);
    expect(emulator.requests).toHaveLength(2);
  });

  it("says a refusal as its kind", async () => {
    const body = { error: { code: "context_length_exceeded", message: "too long" } };
    const { client } = await open({ script: [{ status: 400, body }] });
    expect(await errorOf(client.compact(input))).toMatchObject({ kind: "context_window_exceeded", status: 400 });
  });
});

describe("compaction by a trigger", () => {
  it("asks for a response whose input ends with the trigger, and returns its one compaction", async () => {
    const { emulator, client } = await open();
    const items = await client.compact(input, { form: "trigger" });
    expect(items.map(({ type }) => type)).toEqual(["compaction"]);
    const [request] = emulator.requests;
    expect(request?.path).toBe("/v1/responses");
    expect(request?.json).toMatchObject({
      model: "m",
      stream: true,
      instructions: "Be short.",
      input: [...input.input, { type: "compaction_trigger" }],
    });
  });

  const done = (item: object) => ({ type: "response.output_item.done", item });
  const compaction = done({ type: "compaction", encrypted_content: "x" });
  const text = done({ type: "message", role: "assistant", content: [] });
  it.each<[string, object[], string]>([
    ["none", [text], "got 0 from 1 output items"],
    ["no item at all", [], "got 0 from 0 output items"],
    ["two", [compaction, text, compaction], "got 2 from 3 output items"],
  ])("is an error with %s", async (_how, events, message) => {
    const completed = { type: "response.completed", response: { id: "r" } };
    const { client } = await open({ script: [{ events: [...events, completed] }] });
    const error = await errorOf(client.compact(input, { form: "trigger" }));
    expect(error).toMatchObject({ kind: "protocol" });
    expect(error.message).toBe(`remote compaction v2 expected exactly one compaction output item, ${message}`);
  });

  it("takes the older name of a compaction", async () => {
    const summary = done({ type: "compaction_summary", encrypted_content: "x" });
    const completed = { type: "response.completed", response: { id: "r" } };
    const { client } = await open({ script: [{ events: [summary, completed] }] });
    expect(await client.compact(input, { form: "trigger" })).toEqual([{ type: "compaction", encrypted_content: "x" }]);
  });
});
