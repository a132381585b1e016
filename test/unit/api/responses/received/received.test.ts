import { describe, expect, test } from "vitest";
import type { ResponseEvent } from "../../../../../src/api/responses/events/types.ts";
import { Received } from "../../../../../src/api/responses/received/received.ts";
import { ResponseStream } from "../../../../../src/api/responses/stream.ts";
import { PushQueue } from "../../../../../src/client/waiting/push-queue.ts";

const delta = (text: string) => ({ type: "output_text.delta", delta: text, outputIndex: 0 }) as const;

describe("a response larger than what is kept", () => {
  const received = new Received({ limit: 1000 });
  for (let nth = 0; nth < 300; nth += 1) received.note(delta("12345"));
  received.note({ type: "completed", responseId: "resp_1" });

  test("has its beginning kept, and is marked as truncated", () => {
    const { text, truncated, responseId } = received.partial();
    expect(text).toBe("12345".repeat(201));
    expect({ truncated, responseId }).toEqual({ truncated: true, responseId: "resp_1" });
  });

  test("cannot be collected", () => {
    expect(() => received.collected()).toThrow(expect.objectContaining({ kind: "limit" }));
  });

  test("has that beginning in the error of collect()", async () => {
    const events = new PushQueue<ResponseEvent>();
    events.end();
    const stream = new ResponseStream({ events, received }, { status: 200, headers: {} });
    const { text } = received.partial();
    await expect(stream.collect()).rejects.toMatchObject({ kind: "limit", partial: { text, truncated: true } });
  });
});

test("deltas that are joined and those that are not yet are one text in every snapshot", () => {
  const received = new Received();
  const pieces = Array.from({ length: 2000 }, (_, nth) => `${nth} `);
  let text = "";
  for (const piece of pieces) {
    received.note(delta(piece));
    text += piece;
    expect(received.snapshot().itemsUnderWay[0]?.text).toBe(text);
  }
  const item = { type: "message", role: "assistant", content: [{ type: "output_text", text }] } as const;
  received.note({ type: "output_item.done", item, outputIndex: 0 });
  expect(received.partial().text).toBe(text);
});

// parity: stream/text-of-items
test.each([
  { begunBefore: [], wanted: ["whole text", "whole refusal", "whole summary"] },
  { begunBefore: [0, 1], wanted: ["rest", "rest", "rest"] },
])(
  "a finished item has the last word, unless it began in an earlier stream: $begunBefore",
  ({ begunBefore, wanted }) => {
    const received = new Received({ begunBefore });
    received.note({ type: "reasoning_summary_text.delta", delta: "rest", outputIndex: 0, summaryIndex: 0 });
    const summary = [{ type: "summary_text", text: "whole summary" }] as const;
    received.note({ type: "output_item.done", item: { type: "reasoning", summary }, outputIndex: 0 });
    received.note({ type: "refusal.delta", delta: "rest", outputIndex: 1, contentIndex: 1 });
    received.note({ type: "output_text.delta", delta: "rest", outputIndex: 1, contentIndex: 0 });
    const content = [
      { type: "output_text", text: "whole text" },
      { type: "refusal", refusal: "whole refusal" },
    ] as const;
    received.note({ type: "output_item.done", item: { type: "message", role: "assistant", content }, outputIndex: 1 });
    received.note({ type: "completed", responseId: "resp_1" });
    const { text, refusal, reasoningSummary } = received.collected();
    expect([text, refusal, reasoningSummary]).toEqual(wanted);
  },
);

describe("a snapshot of an unfinished item costs each event the same, however much came before", () => {
  const COUNT = 2000;

  test("each delta is read when it arrives and never again, whatever is accessed", () => {
    const reads = new Array<number>(COUNT).fill(0);
    const received = new Received();
    for (let nth = 0; nth < COUNT; nth += 1) {
      const piece = {
        type: "output_text.delta" as const,
        outputIndex: 0,
        get delta() {
          reads[nth] = (reads[nth] ?? 0) + 1;
          return "piece ";
        },
      };
      received.note(piece);
      expect(received.snapshot().itemsUnderWay[0]?.text).toHaveLength((nth + 1) * "piece ".length);
    }
    expect(new Set(reads)).toEqual(new Set([1]));
  });

  test("the item is the one that was added, without reading its fields", () => {
    let reads = 0;
    const item = {
      type: "message" as const,
      role: "assistant",
      get content() {
        reads += 1;
        return [];
      },
    };
    const received = new Received();
    received.note({ type: "output_item.added", item, outputIndex: 0 });
    for (let nth = 0; nth < COUNT; nth += 1) {
      received.note(delta("piece "));
      expect(received.snapshot().itemsUnderWay[0]?.item).toBe(item);
    }
    expect(reads).toBe(0);
  });
});

describe("an item that is finished under another index than its deltas had is one item", () => {
  const message = (id: string, text: string) =>
    ({ type: "message", id, role: "assistant", content: [{ type: "output_text", text }] }) as const;
  const piece = (id: string, text: string, outputIndex: number) =>
    ({ type: "output_text.delta", delta: text, itemId: id, outputIndex }) as const;
  const done = (id: string, text: string, outputIndex: number) =>
    ({ type: "output_item.done", item: message(id, text), outputIndex }) as const;

  test("recognised by the id of its beginning", () => {
    const received = new Received();
    received.note({ type: "output_item.added", item: message("a", ""), outputIndex: 0 });
    received.note(delta("one"));
    received.note(done("a", "one", 1));
    expect(received.snapshot()).toMatchObject({ text: "one", items: [{ id: "a" }], itemsUnderWay: [] });
  });

  test("recognised by the id of its deltas, while another item has the index that it is finished under", () => {
    const received = new Received();
    received.note(piece("a", "one ", 0));
    received.note(piece("b", "two", 1));
    received.note(done("a", "one ", 1));
    received.note(done("b", "two", 2));
    expect(received.snapshot()).toMatchObject({
      text: "one two",
      items: [{ id: "a" }, { id: "b" }],
      itemsUnderWay: [],
    });
  });

  test("and items with the same id are told apart by their index", () => {
    const received = new Received();
    received.note(piece("same", "one ", 0));
    received.note(piece("same", "two", 1));
    received.note(done("same", "one ", 0));
    received.note(done("same", "two", 1));
    expect(received.snapshot()).toMatchObject({ text: "one two", itemsUnderWay: [] });
    expect(received.partial().items).toEqual([message("same", "one "), message("same", "two")]);
  });
});

test("a text whose index belongs to another item is the text of the item that brings it", () => {
  const received = new Received();
  received.note(delta("hel"));
  received.note(delta("lo"));
  const reasoning = { type: "reasoning", summary: [] } as const;
  received.note({ type: "output_item.done", item: reasoning, outputIndex: 0 });
  expect(received.partial().text).toBe("hello");
  const message = { type: "message", role: "assistant", content: [{ type: "output_text", text: "hello" }] } as const;
  received.note({ type: "output_item.done", item: message, outputIndex: 1 });
  expect(received.partial()).toMatchObject({ text: "hello", items: [reasoning, message] });
});
