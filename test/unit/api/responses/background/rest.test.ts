import { describe, expect, it } from "vitest";
import { advanceOf, Progress } from "../../../../../src/api/responses/background/position.ts";
import { restOf } from "../../../../../src/api/responses/background/rest.ts";
import { decodeItem } from "../../../../../src/api/wire/item-decoder.ts";

const reasoning = decodeItem({
  type: "reasoning",
  id: "rs_1",
  summary: [
    { type: "summary_text", text: "first" },
    { type: "summary_text", text: "second" },
  ],
});
const message = decodeItem({
  type: "message",
  id: "msg_1",
  role: "assistant",
  content: [
    { type: "output_text", text: "hello world" },
    { type: "refusal", refusal: "no" },
  ],
});
const call = decodeItem({ type: "function_call", id: "fc_1", call_id: "c", name: "f", arguments: '{"a":1}' });
const items = [reasoning, message, call];

function havingRead(...events: object[]): Progress {
  const progress = new Progress();
  for (const event of events) progress.note(advanceOf(event as Record<string, unknown>));
  return progress;
}

/** As `type delta`. */
function told(progress: Progress): string[] {
  return restOf({ items }, progress).map(({ type, delta, output_index: index }) =>
    [String(type).replace("response.", ""), index, delta].filter((each) => each !== undefined).join(" "),
  );
}

describe("the rest of a response", () => {
  it("is all of it if nothing has arrived", () => {
    expect(told(havingRead())).toEqual([
      "reasoning_summary_part.added 0",
      "reasoning_summary_text.delta 0 first",
      "reasoning_summary_part.added 0",
      "reasoning_summary_text.delta 0 second",
      "output_item.done 0",
      "output_text.delta 1 hello world",
      "refusal.delta 1 no",
      "output_item.done 1",
      'function_call_arguments.delta 2 {"a":1}',
      "output_item.done 2",
    ]);
  });

  it("leaves out finished items, and the received pieces of others", () => {
    const progress = havingRead(
      { type: "response.output_item.done", sequence_number: 1, output_index: 0, item: reasoning },
      { type: "response.output_text.delta", sequence_number: 2, output_index: 1, content_index: 0, delta: "hello" },
      { type: "response.function_call_arguments.delta", sequence_number: 3, output_index: 2, delta: '{"a":1}' },
    );
    expect(told(progress)).toEqual([
      "output_text.delta 1  world",
      "refusal.delta 1 no",
      "output_item.done 1",
      "output_item.done 2",
    ]);
  });

  it("does not begin a summary part twice", () => {
    const progress = havingRead({
      type: "response.reasoning_summary_part.added",
      sequence_number: 1,
      output_index: 0,
      summary_index: 0,
    });
    expect(told(progress).slice(0, 2)).toEqual([
      "reasoning_summary_text.delta 0 first",
      "reasoning_summary_part.added 0",
    ]);
  });

  it("is the same from a position that was saved and read", () => {
    const progress = havingRead(
      { type: "response.output_item.done", sequence_number: 1, output_index: 0, item: reasoning },
      { type: "response.output_text.delta", sequence_number: 2, output_index: 1, content_index: 0, delta: "hello" },
    );
    const saved = JSON.stringify(progress.positionIn("resp_1"));
    expect(told(new Progress(JSON.parse(saved)))).toEqual(told(progress));
    expect(saved.length).toBeLessThan(120);
  });
});
