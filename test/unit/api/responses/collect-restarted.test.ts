import { expect, it } from "vitest";
import type { ResponseEvent } from "../../../../src/api/responses/events/types.ts";
import { Received } from "../../../../src/api/responses/received/received.ts";

const message = (text: string) =>
  ({ type: "message", role: "assistant", content: [{ type: "output_text", text }] }) as const;
const text = (delta: string): ResponseEvent => ({ type: "output_text.delta", delta });
const summary = (delta: string): ResponseEvent => ({ type: "reasoning_summary_text.delta", delta, summaryIndex: 0 });
const done = (words: string): ResponseEvent => ({ type: "output_item.done", item: message(words) });
const restarted = (keptItems: number): ResponseEvent => ({
  type: "restarted",
  retry: 1,
  delayMs: 0,
  reason: "stream",
  keptItems,
});
const completed: ResponseEvent = { type: "completed", responseId: "r" };

function collected(...events: ResponseEvent[]) {
  const received = new Received();
  for (const event of events) received.note(event);
  const { text, reasoningSummary: summary, items } = received.collected();
  return { text, summary, items };
}

it("an unfinished item is dropped with the broken stream", async () => {
  expect(
    await collected(summary("s"), text("lo"), restarted(0), summary("t"), text("whole"), done("whole"), completed),
  ).toEqual({
    text: "whole",
    summary: "t",
    items: [message("whole")],
  });
});

it("a finished item that remains valid is kept, text and summary included", async () => {
  const events = [
    summary("s"),
    text("one"),
    done("one"),
    summary("lo"),
    text("st"),
    restarted(1),
    text("two"),
    done("two"),
  ];
  expect(await collected(...events, completed)).toEqual({
    text: "onetwo",
    summary: "s",
    items: [message("one"), message("two")],
  });
});

it("a finished item that is no longer valid is dropped, over several restarts", async () => {
  const first = [text("a"), done("a"), text("b"), done("b"), restarted(1)];
  const second = [text("c"), done("c"), text("d"), restarted(2), text("e"), done("e")];
  expect(await collected(...first, ...second, completed)).toEqual({
    text: "ace",
    summary: "",
    items: [message("a"), message("c"), message("e")],
  });
});
