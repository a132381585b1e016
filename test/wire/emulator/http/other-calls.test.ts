import { describe, expect, it } from "vitest";
import { emulator, send } from "../raw-client.ts";

describe("the other calls", () => {
  it("compact keeps the user's messages and adds one compaction item", async () => {
    const { url } = await emulator();
    const input = [
      { type: "message", role: "user", content: [{ type: "input_text", text: "one" }] },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "two" }] },
    ];
    const body = { model: "m", input, instructions: "", tools: [], parallel_tool_calls: true };
    const answer = await send(`${url}/responses/compact`, { body });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({
      output: [input[0], { type: "compaction", encrypted_content: expect.any(String) }],
    });
    expect((await send(`${url}/responses/compact`, { body: { model: "m" } })).status).toBe(400);
  });

  it("memories returns one summary per trace, in order", async () => {
    const { url } = await emulator();
    const trace = (id: string, content: string) => ({
      id,
      metadata: { source_path: `/${id}` },
      items: [{ type: "message", role: "user", content }],
    });
    const body = { model: "m", traces: [trace("a", "fix it"), trace("b", "thanks")] };
    const answer = await send(`${url}/memories/trace_summarize`, { body });
    expect(answer.json).toEqual({
      output: [
        { trace_summary: "/a: 1 items, 1 from the user.", memory_summary: "The user asked: “fix it”." },
        { trace_summary: "/b: 1 items, 1 from the user.", memory_summary: "The user asked: “thanks”." },
      ],
    });
    expect((await send(`${url}/memories/trace_summarize`, { body: { model: "m" } })).status).toBe(400);
  });

  it("models is a list for Codex clients with a client version and the public list without", async () => {
    const { url } = await emulator();
    const codex = await send(`${url}/models?client_version=0.115.0`);
    expect(codex.headers.etag).toMatch(/^"[0-9a-f]+"$/);
    expect(codex.json).toMatchObject({
      models: [
        { slug: "gpt-5.5", supported_reasoning_levels: [{ effort: "low" }, {}, {}], shell_type: "shell_command" },
        { slug: "gpt-5.1-codex-mini" },
      ],
    });
    expect((await send(`${url}/models`)).json).toMatchObject({ object: "list", data: [{ id: "gpt-5.5" }, {}] });
  });
});
