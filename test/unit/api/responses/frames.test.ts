import { expect, test } from "vitest";
import { ResponseReader } from "../../../../src/api/responses/reader.ts";
import { silentLogger } from "../../../../src/client/observe/log.ts";
import { decodeRawData, rawDataOf } from "../../../../src/client/raw-text.ts";

type Emitted = { readonly type: string; readonly wireType?: string; readonly data?: string | Uint8Array };

/** Everything that a reader yields of some events. */
function read(texts: readonly string[], fast: boolean, frames: boolean | "end" = true): Emitted[] {
  const emitted: Emitted[] = [];
  const sink = {
    event: (event: Emitted) => void emitted.push(event),
    deltas: ({ events }: { readonly events: readonly Emitted[] }) => void emitted.push(...events),
    whole: <Done>(done: Done) => done,
    completed() {},
    failed: ({ kind }: { readonly kind: string }) => void emitted.push({ type: `failed: ${kind}` }),
    broke: ({ kind }: { readonly kind: string }) => void emitted.push({ type: `broke: ${kind}` }),
  };
  const reader = new ResponseReader(sink, "websocket", { frames, fast, logger: silentLogger });
  for (const text of texts) reader.read(rawDataOf(Buffer.from(text)));
  return emitted;
}

const delta = (text: string, number: number) =>
  JSON.stringify({
    type: "response.output_text.delta",
    sequence_number: number,
    item_id: "m",
    output_index: 0,
    content_index: 0,
    delta: text,
  });
const item = {
  type: "message",
  id: "m",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text: "äbc", annotations: [] }],
};
const EVENTS = [
  '{"type":"response.created","sequence_number":0,"response":{"id":"r"}}',
  '{"type":"response.in_progress","sequence_number":1,"response":{"id":"r"}}',
  ...["ä", "b", "b", "b", "c"].map((text, index) => delta(text, index + 2)),
  '{"type":"response.output_text.done","sequence_number":7,"item_id":"m","output_index":0,"content_index":0,"text":"äbc"}',
  '{"sequence_number":8,"new":"field","type":"response.of_next_year"}',
  JSON.stringify({ type: "response.output_item.done", sequence_number: 9, output_index: 0, item }),
  delta("long ".repeat(2000), 10),
  '{"type":"response.completed","sequence_number":11,"response":{"id":"r","output":[]}}',
];

test.each([true, false])(
  "each event is yielded once as it was sent, before its typed events, and a delta only so; fast: %s",
  (fast) => {
    const emitted = read(EVENTS, fast);
    const frames = emitted.filter(({ type }) => type === "frame");
    expect(frames.map(({ data = "" }) => decodeRawData(data))).toEqual(EVENTS);
    expect(frames.map(({ wireType }) => wireType)).toEqual(
      EVENTS.map((text) => (JSON.parse(text) as { type: string }).type),
    );
    const types = emitted.map(({ type, wireType }) => wireType ?? type);
    expect(types.slice(0, 5)).toEqual([
      "response.created",
      "created",
      "response.in_progress",
      "response.output_text.delta",
      "response.output_text.delta",
    ]);
    expect(types.filter((type) => type.endsWith(".delta") && !type.startsWith("response."))).toEqual([]);
    expect(types.at(-1)).toBe("completed");
  },
);

test("the event with which a response fails is yielded before its error", () => {
  const text = '{"type":"error","status":429,"error":{"code":"rate_limit_exceeded","message":"ä"}}';
  const emitted = read([text], true);
  expect(emitted.map(({ type }) => type)).toEqual(["frame", "failed: rate_limit"]);
  expect(decodeRawData(emitted[0]?.data ?? "")).toBe(text);
});

test.each([true, false])(
  "only the event that ends a response is yielded as it was sent, if only that is requested; fast: %s",
  (fast) => {
    const types = read(EVENTS, fast, "end").map(({ type, wireType }) => wireType ?? type);
    expect(types).toEqual(
      read(EVENTS, fast, false).flatMap(({ type }) => (type === "completed" ? [`response.${type}`, type] : type)),
    );
    expect(types.filter((type) => type === "output_text.delta")).toHaveLength(6);
  },
);
