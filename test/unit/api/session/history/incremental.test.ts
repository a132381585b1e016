import { describe, expect, it } from "vitest";
import { ConnectionHistory, type FullRequest } from "../../../../../src/api/session/history/history.ts";
import type { ResponseItem } from "../../../../../src/api/wire/items.ts";
import { answer, answered, request, user } from "./support.ts";

describe("the rule for incremental requests", () => {
  const past = [user("a"), answer("msg_1")];

  it("sends what follows the last input and its answer, with that response's id", () => {
    const history = answered([user("a")], [answer("msg_1")]);
    expect(history.plan(request([...past, user("b")]))).toEqual({ previousResponseId: "resp_1", items: [user("b")] });
  });

  it("does not continue from an answer that is nested too deep to be sent back", () => {
    const depth = 50_000;
    const deep = { type: "new", x: JSON.parse("[".repeat(depth) + "]".repeat(depth)) } as unknown as ResponseItem;
    const history = answered([user("a")], [deep]);
    expect(history.plan(request([user("a"), user("b")])).previousResponseId).toBeUndefined();
  });

  it.each<[string, () => ConnectionHistory, FullRequest]>([
    ["nothing was sent before", () => new ConnectionHistory(), request([user("a")])],
    [
      "the last response was not completed",
      () => {
        const h = new ConnectionHistory();
        const r = request([user("a")]);
        h.sent(r, h.plan(r));
        return h;
      },
      request([...past, user("b")]),
    ],
    ["its id is empty", () => answered([user("a")], [answer("msg_1")], ""), request([...past, user("b")])],
    [
      "the model is another",
      () => answered([user("a")], [answer("msg_1")]),
      request([...past, user("b")], { model: "n" }),
    ],
    [
      "a tool is another",
      () => answered([user("a")], [answer("msg_1")]),
      request([...past, user("b")], { tools: [{ name: "see" }] }),
    ],
    [
      "a field was added",
      () => answered([user("a")], [answer("msg_1")]),
      request([...past, user("b")], { service_tier: "flex" }),
    ],
    [
      "a field went away",
      () => answered([user("a")], [answer("msg_1")], "resp_1", { text: { verbosity: "low" } }),
      request([...past, user("b")]),
    ],
    [
      "the input was edited",
      () => answered([user("a")], [answer("msg_1")]),
      request([user("A"), answer("msg_1"), user("b")]),
    ],
    [
      "the answer was edited",
      () => answered([user("a")], [answer("msg_1")]),
      request([user("a"), user("msg_1"), user("b")]),
    ],
    [
      "the answer lost its id",
      () => answered([user("a")], [answer("msg_1")]),
      request([user("a"), { ...answer("msg_1"), id: null } as ResponseItem, user("b")]),
    ],
    [
      "the answer has another id",
      () => answered([user("a")], [answer("msg_1")]),
      request([user("a"), { ...answer("msg_1"), id: "msg_2" } as ResponseItem, user("b")]),
    ],
    ["the answer was left out", () => answered([user("a")], [answer("msg_1")]), request([user("a"), user("b")])],
    ["the history was cut", () => answered([user("a")], [answer("msg_1")]), request([user("a")])],
    [
      "the caller sets previous_response_id",
      () => answered([user("a")], [answer("msg_1")], "resp_1", { previous_response_id: "mine" }),
      request([...past, user("b")], { previous_response_id: "mine" }),
    ],
  ])("everything is sent if %s", (_why, history, next) => {
    expect(history().plan(next)).toMatchObject({ previousResponseId: undefined, items: next.items });
  });

  it("says why a request is sent whole, and names the field or the first item that differs", () => {
    const history = answered([user("a")], [answer("msg_1"), answer("msg_2")]);
    const causeOf = (items: readonly ResponseItem[], more: object = {}) => history.plan(request(items, more)).whole;
    const whole = [user("a"), answer("msg_1"), answer("msg_2")];
    expect(causeOf(whole)).toBeUndefined();
    expect(causeOf(whole, { previous_response_id: "mine" })).toEqual({ reason: "own_previous_response_id" });
    expect(causeOf(whole, { model: "n" })).toEqual({ reason: "field_changed", field: "model" });
    expect(causeOf([user("b"), ...whole.slice(1)])).toEqual({ reason: "history_changed", item: 0 });
    expect(causeOf([...whole.slice(0, 2), answer("msg_3")])).toEqual({ reason: "history_changed", item: 2 });
  });

  it("puts a steered response and the steering input before its successor, and continues from the successor", () => {
    const history = new ConnectionHistory();
    const opening = request([user("a")]);
    history.sent(opening, history.plan(opening));
    history.steered("resp_1", [answer("msg_1")], [user("b")]);
    expect(history.plan(opening).whole).toEqual({ reason: "no_last_response" });
    history.completed("resp_2", [answer("msg_2")]);
    const next = request([...past, user("b"), answer("msg_2"), user("c")]);
    expect(history.plan(next)).toEqual({ previousResponseId: "resp_2", items: [user("c")] });
  });

  it("continues from nothing once a steered response cannot be sent back", () => {
    const endless: unknown[] = [];
    endless.push(endless);
    const history = new ConnectionHistory();
    const opening = request([user("a")]);
    history.sent(opening, history.plan(opening));
    history.steered("resp_1", [{ type: "new", x: endless } as never], [user("b")]);
    history.completed("resp_2", [answer("msg_2")]);
    expect(history.plan(request([user("a"), answer("msg_2")])).whole).toEqual({ reason: "no_last_response" });
  });

  it("generate and client_metadata may differ", () => {
    const history = answered([user("a")], [answer("msg_1")], "resp_1", {
      generate: false,
      client_metadata: { turn: "1" },
    });
    expect(history.plan(request([...past], { client_metadata: { turn: "2" } })).previousResponseId).toBe("resp_1");
  });

  it("sends no items if there is nothing new", () => {
    expect(answered([user("a")], [answer("msg_1")]).plan(request(past))).toEqual({
      previousResponseId: "resp_1",
      items: [],
    });
  });

  it("continues from a response once: the next request uses it up, whether it continues from it or not", () => {
    for (const next of [request([...past, user("b")]), request([user("other")])]) {
      const history = answered([user("a")], [answer("msg_1")]);
      history.sent(next, history.plan(next));
      expect(history.plan(request([...next.items, answer("msg_1")])).previousResponseId).toBeUndefined();
    }
  });

  it("compares the next request with the last full request, not with the part of it that was sent", () => {
    const history = answered([user("a")], [answer("msg_1")]);
    const second = request([...past, user("b")]);
    history.sent(second, history.plan(second));
    history.completed("resp_2", [answer("msg_2")]);
    const third = request([...second.items, answer("msg_2"), user("c")]);
    expect(history.plan(third)).toEqual({ previousResponseId: "resp_2", items: [user("c")] });
    expect(history.plan(request([user("b"), answer("msg_2"), user("c")])).previousResponseId).toBeUndefined();
  });

  it("planning changes nothing", () => {
    const history = answered([user("a")], [answer("msg_1")]);
    const next = request([...past, user("b")]);
    expect(history.plan(next)).toEqual(history.plan(next));
  });

  it("notices that a caller changed tools, input or answer in place", () => {
    const tools = [{ name: "look" }];
    const [output, part] = [answer("msg_1"), { type: "input_text" as const, text: "a" }];
    const opening: ResponseItem = { type: "message", role: "user", content: [part] };
    const fresh = () => answered([opening], [output], "resp_1", { tools });
    const next = () => request([opening, output], { tools });
    expect(fresh().plan(next()).previousResponseId).toBe("resp_1");

    let history = fresh();
    tools[0] = { name: "see" };
    expect(history.plan(next()).previousResponseId).toBeUndefined();
    history = fresh();
    part.text = "b";
    expect(history.plan(next()).previousResponseId).toBeUndefined();
    history = fresh();
    Object.assign(output, { phase: "commentary" });
    expect(history.plan(next()).previousResponseId).toBeUndefined();
  });

  it("comparing a history of 2,000 items takes linear time", () => {
    const items = Array.from({ length: 2000 }, (_, n) => user(`${n} ${"word ".repeat(200)}`));
    const history = answered(items, [answer("msg_1")]);
    const next = request([...structuredClone(items), answer("msg_1"), user("b")]);
    history.plan(next);
    const startedAt = performance.now();
    expect(history.plan(next).items).toHaveLength(1);
    expect(performance.now() - startedAt).toBeLessThan(1000); // a few milliseconds; four million comparisons take seconds
  });
});
