import { describe, expect, it } from "vitest";
import { Demultiplexer } from "../../../../../src/api/responses/websocket/demultiplexer.ts";

const delta = { type: "response.output_text.delta", delta: "a" };
const created = JSON.stringify({ type: "response.created", response: { id: "r" } });

interface Receiver {
  isCreated: boolean;
}

/** Two named lanes and the one without a name, on a connection whose server has repeated a name. */
function three() {
  const lanes = {
    a: { isCreated: true, lane: "a" },
    b: { isCreated: true, lane: "b" },
    main: { isCreated: true, lane: "" },
  };
  const demultiplexer = new Demultiplexer<Receiver>();
  demultiplexer.add("a", lanes.a);
  demultiplexer.add("b", lanes.b);
  demultiplexer.add(undefined, lanes.main);
  return { demultiplexer, ...lanes };
}

describe("a message goes to the lane that it names", () => {
  it.each([
    ["at the end", JSON.stringify({ ...delta, stream_id: "b" })],
    ["at the beginning", JSON.stringify({ stream_id: "b", ...delta })],
    ["behind flat fields", JSON.stringify({ type: delta.type, sequence_number: 4, stream_id: "b", logprobs: [1] })],
    ["in the middle", JSON.stringify({ a: [1], stream_id: "b", c: { d: 2 } })],
    [
      "in the middle, beside numbers that JSON does not have",
      '{"type":"x","l":[NaN,-Infinity],"stream_id":"b","m":{}}',
    ],
    ["in the middle of a damaged event", '{"type":"x","l":[1],"stream_id":"b","m":{"n":'],
    ["with spaces, as Python writes them", '{"type": "response.output_text.delta", "delta": "a", "stream_id": "b"}'],
    ["on lines of its own", JSON.stringify({ ...delta, stream_id: "b" }, null, 2)],
    ["behind a long text", JSON.stringify({ ...delta, delta: "é".repeat(5_000), stream_id: "b" })],
    ["before a long text", JSON.stringify({ stream_id: "b", ...delta, delta: "é".repeat(5_000), more: { x: 1 } })],
  ])("%s", (_where, text) => {
    const { demultiplexer, b } = three();
    expect(demultiplexer.route(text)).toBe(b);
    expect(demultiplexer.route(Buffer.from(text))).toBe(b);
    expect(demultiplexer.repeats).toBe("yes");
  });

  it.each([
    ["a text that contains the field", JSON.stringify({ ...delta, delta: ',"stream_id":"b"}' })],
    ["a text that ends with the field", JSON.stringify({ type: delta.type, delta: '"stream_id":"b"' })],
    ["a field of another object", JSON.stringify({ type: "x", response: { metadata: { stream_id: "b" } } })],
    ["a field of a list's object, at the end", JSON.stringify({ type: "x", list: [{ stream_id: "b" }] })],
  ])("and not to one that is only named by %s", (_what, text) => {
    const { demultiplexer, main } = three();
    expect(demultiplexer.route(JSON.stringify({ ...delta, stream_id: "a" }))).toBeDefined();
    expect(demultiplexer.route(text)).toBe(main);
  });
});

it("an event of a finished lane is dropped", () => {
  const { demultiplexer } = three();
  demultiplexer.delete("b");
  expect(demultiplexer.route(JSON.stringify({ ...delta, stream_id: "b" }))).toBeUndefined();
});

it("a message without a lane while only named ones run goes to all, once the server is known to repeat names", () => {
  const { demultiplexer } = three();
  demultiplexer.delete(undefined);
  demultiplexer.route(JSON.stringify({ ...delta, stream_id: "a" }));
  expect(demultiplexer.route(JSON.stringify({ type: "codex.rate_limits" }))).toBe("all");
});

it("a response that begins without the requested name shows that names are not repeated, and requests are then sent one at a time", () => {
  const demultiplexer = new Demultiplexer<Receiver>();
  const only = { isCreated: false };
  let learned = 0;
  demultiplexer.onLearned = () => {
    learned += 1;
  };
  expect(demultiplexer.mayAdd(new Set())).toBe(true);
  demultiplexer.add("a", only);
  expect(demultiplexer.mayAdd(new Set(["a"]))).toBe(false); // it finds out first
  expect(demultiplexer.mayAdd(new Set([undefined]))).toBe(true);
  expect(demultiplexer.route(created)).toBe(only);
  expect([demultiplexer.repeats, learned]).toEqual(["no", 1]);
  expect(demultiplexer.mayAdd(new Set([undefined]))).toBe(false);
  expect(demultiplexer.route(JSON.stringify(delta))).toBe(only);
});

it("a refusal of the name itself goes to the named lane, even if another one runs without a name", () => {
  const demultiplexer = new Demultiplexer<Receiver>();
  const [main, named] = [{ isCreated: true }, { isCreated: false }];
  demultiplexer.add(undefined, main);
  demultiplexer.route(created);
  demultiplexer.add("a", named);
  const refusal = { type: "error", status: 400, error: { code: "unknown_parameter", param: "stream_id" } };
  expect(demultiplexer.route(JSON.stringify(refusal))).toBe(named);
  const ofGateway = { object: "error", type: "BadRequestError", message: "extra field", param: "stream_id", code: 400 };
  expect(demultiplexer.route(JSON.stringify(ofGateway))).toBe(named);
  expect(demultiplexer.route(JSON.stringify(delta))).toBe(main);
});
