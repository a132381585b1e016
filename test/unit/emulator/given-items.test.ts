import { describe, expect, it } from "vitest";
import type { Fields } from "../../../src/emulator/fields.ts";
import { Generation } from "../../../src/emulator/responses/events/generation.ts";
import { Identifiers } from "../../../src/emulator/responses/identifiers.ts";
import { parseResponsesRequest } from "../../../src/emulator/responses/request.ts";
import { asSent, type StreamEvent, typesOf } from "./stream-event.ts";

/** The events of one item, between those of its response. */
function played(item: Fields, body: Fields = {}): StreamEvent[] {
  const request = parseResponsesRequest({ model: "gpt-5.5", input: "hi", ...body });
  const turn = { id: "resp_1", createdAt: 0, request, conversation: request.input };
  const drafts = [{ type: "item", item } as const];
  return asSent(new Generation(turn, new Identifiers(), () => 1, { drafts })).slice(2, -1);
}

function joined(events: readonly StreamEvent[], type: string): string {
  return events.flatMap((event) => (event.type === type ? [event.delta] : [])).join("");
}

function staged(...stages: string[]): string[] {
  return ["output_item.added", ...stages, "output_item.done"].map((stage) => `response.${stage}`);
}

const PART = ["content_part.added", "output_text.delta", "output_text.done", "content_part.done"];
const SUMMARY = ["part.added", "text.delta", "text.done", "part.done"].map((stage) => `reasoning_summary_${stage}`);

describe("an item that somebody wrote", () => {
  it("has the service's events, and comes whole at their end", () => {
    const citation = { type: "url_citation", start_index: 0, end_index: 3, title: "A", url: "https://a.example" };
    const text = { type: "output_text", annotations: [citation], logprobs: [], text: "one two three" };
    const content = [text, { type: "refusal", refusal: "no more" }];
    const item = {
      id: "msg_1",
      type: "message",
      status: "completed",
      phase: "final_answer",
      content,
      role: "assistant",
    };
    const events = played(item);
    expect(typesOf(events)).toEqual(
      staged(
        ...[...PART.slice(0, 2), "output_text.annotation.added", ...PART.slice(2)],
        ...["content_part.added", "refusal.delta", "refusal.done", "content_part.done"],
      ),
    );
    expect(events[0]?.item).toEqual({ ...item, status: "in_progress", content: [] });
    expect(joined(events, "response.output_text.delta")).toBe("one two three");
    expect(joined(events, "response.refusal.delta")).toBe("no more");
    expect(events.at(-1)?.item).toEqual(item);
  });

  it("may be a text, and lack what the service always fills in", () => {
    expect(played({ type: "message", content: "hello" }).at(-1)?.item).toEqual({
      ...{ id: expect.stringMatching(/^msg_/), type: "message", status: "completed", role: "assistant" },
      content: [{ type: "output_text", annotations: [], logprobs: [], text: "hello" }],
    });
    expect(played({ type: "function_call", name: "f", arguments: { a: 1 } }).at(-1)?.item).toMatchObject({
      ...{ id: expect.stringMatching(/^fc_/), call_id: expect.stringMatching(/^call_/) },
      ...{ status: "completed", arguments: '{"a":1}' },
    });
  });

  it("is cut at the bound of tokens", () => {
    const [done] = played({ type: "message", content: "word ".repeat(50) }, { max_output_tokens: 16 }).slice(-1);
    expect(done?.item).toMatchObject({
      status: "incomplete",
      content: [{ text: `word${" word".repeat(15)}` }],
    });
  });

  it.each<[item: Fields, types: readonly string[]]>([
    [
      {
        ...{ type: "reasoning", encrypted_content: "e", summary: [{ type: "summary_text", text: "a thought" }] },
        content: [{ type: "reasoning_text", text: "all of it" }],
      },
      staged(...SUMMARY, "reasoning_text.delta", "reasoning_text.done"),
    ],
    [
      { type: "function_call", name: "f", arguments: "{}", call_id: "c", status: "completed" },
      staged("function_call_arguments.delta", "function_call_arguments.done"),
    ],
    [
      { type: "custom_tool_call", name: "f", input: "text", call_id: "c", status: "completed" },
      staged("custom_tool_call_input.delta", "custom_tool_call_input.done"),
    ],
    [
      { type: "web_search_call", status: "completed", action: { type: "open_page", url: "https://a.example" } },
      staged("web_search_call.in_progress", "web_search_call.searching", "web_search_call.completed"),
    ],
    [{ type: "web_search_call", status: "failed" }, staged("web_search_call.in_progress", "web_search_call.searching")],
    [
      { type: "code_interpreter_call", status: "completed", code: "1", container_id: "c", outputs: null },
      staged(
        ...["code_interpreter_call.in_progress", "code_interpreter_call_code.delta", "code_interpreter_call_code.done"],
        ...["code_interpreter_call.interpreting", "code_interpreter_call.completed"],
      ),
    ],
    [
      { type: "mcp_call", status: "failed", name: "f", server_label: "s", arguments: "{}", output: null, error: "e" },
      staged(...["mcp_call.in_progress", "mcp_call_arguments.delta", "mcp_call_arguments.done", "mcp_call.failed"]),
    ],
    [
      { type: "mcp_list_tools", server_label: "s", tools: [], error: "e" },
      staged("mcp_list_tools.in_progress", "mcp_list_tools.failed"),
    ],
    [{ type: "brand_new", a: 1 }, staged()],
  ])("has its own events: %j", (item, types) => {
    const events = played({ id: "i_1", ...item });
    expect(typesOf(events)).toEqual(types);
    expect(events.at(-1)?.item).toEqual({ id: "i_1", ...item });
  });
});
