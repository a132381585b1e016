import { expect, it } from "vitest";
import { endsWithAnswer, keptItemCount } from "../../../../../src/api/session/call/kept-items.ts";

const of = (type: string, more: object = {}) => ({ type, ...more }) as never;
const message = of("message", { role: "assistant", content: [] });
const reasoning = of("reasoning", { summary: [] });

// parity: session/unanswered-call-void
it.each([
  ["nothing", [], 0],
  ["reasoning and messages are kept", [reasoning, message], 2],
  ["a function call waits for its output", [reasoning, of("function_call", { call_id: "c" }), message], 1],
  ["so does a custom tool call", [of("custom_tool_call", { call_id: "c" })], 0],
  ["so does a shell call, whatever its id", [message, of("local_shell_call", { call_id: null })], 1],
  ["so does a call of an unknown kind", [of("computer_call", { call_id: "c" })], 0],
  ["so does a tool search that the caller runs", [of("tool_search_call", { call_id: "c" })], 0],
  ["a tool search that the service ran is kept", [of("tool_search_call", { call_id: null }), message], 2],
  ["a web search is kept", [of("web_search_call", { id: "ws" }), message], 2],
  ["a call marked async is kept", [of("function_call", { call_id: "c", async: true }), message], 2],
  ["a call that says it is not async waits", [of("function_call", { call_id: "c", async: false }), message], 0],
  ["an output is kept", [of("function_call_output", { call_id: "c" }), message], 2],
])("%s", (_what, finished, kept) => {
  expect(keptItemCount(finished)).toBe(kept);
});

// parity: session/answered-once
it.each([
  ["nothing ends with no answer", [], false],
  ["a message ends it", [reasoning, message], true],
  ["a final answer ends it", [of("message", { role: "assistant", phase: "final_answer" })], true],
  ["an answer whose phase is null ends it", [of("message", { role: "assistant", phase: null })], true],
  ["a remark does not", [message, of("message", { role: "assistant", phase: "commentary" })], false],
  ["an unknown phase does not", [of("message", { role: "assistant", phase: "opening" })], false],
  ["a message whose turn continues does not", [of("message", { role: "assistant", end_turn: false })], false],
  ["a message of another role does not", [of("message", { role: "user" })], false],
  ["reasoning does not", [message, reasoning], false],
  ["a message beside a call that waits does not", [of("function_call", { call_id: "c" }), message], false],
  ["a message after a call that the service ran ends it", [of("web_search_call", { id: "ws" }), message], true],
])("%s", (_what, finished, isAnswered) => {
  expect(endsWithAnswer(finished)).toBe(isAnswered);
});
