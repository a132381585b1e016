import { describe, expect, it } from "vitest";
import { ConnectionHistory, knownHistory } from "../../../../../src/api/session/history/history.ts";
import { answer, answered, request, user } from "./support.ts";

describe("what a connection knows", () => {
  const past = [user("a"), answer("msg_1")];

  it("begins with the first request sent on it", () => {
    const history = new ConnectionHistory();
    expect(history.isFresh).toBe(true);
    expect(knownHistory(history)).toBeUndefined();
    expect(knownHistory(undefined)).toBeUndefined();
    const opening = request([user("a")]);
    history.sent(opening, history.plan(opening));
    expect(history.isFresh).toBe(false);
    expect(knownHistory(history)).toBe(history);
  });

  it("includes a whole request, from which the next one continues", () => {
    const history = answered([user("a")], [answer("msg_1")]);
    const other = request([user("something else")]);
    expect(history.plan(other).previousResponseId).toBeUndefined();
    history.sent(other, history.plan(other));
    history.completed("resp_2", [answer("msg_2")]);
    const next = request([user("something else"), answer("msg_2"), user("b")]);
    expect(history.plan(next)).toEqual({ previousResponseId: "resp_2", items: [user("b")] });
  });

  it("includes everything that was sent in increments", () => {
    const history = answered([user("a")], [answer("msg_1")]);
    const second = request([...past, user("b")]);
    history.sent(second, history.plan(second));
    history.completed("resp_2", [answer("msg_2")]);
    const third = request([...past, user("b"), answer("msg_2"), user("c")]);
    expect(history.plan(third)).toEqual({ previousResponseId: "resp_2", items: [user("c")] });
    expect(history.plan(request([...past, user("B"), answer("msg_2")])).previousResponseId).toBeUndefined();
  });
});

describe("a request that was not sent after all", () => {
  const past = [user("a"), answer("msg_1")];
  const next = request([...past, user("b")]);

  it.each([
    ["an increment", next],
    ["a whole request", request([user("x")], { model: "n" })],
  ])("%s: the next one is sent as if it had not existed", (_what, waiting) => {
    const history = answered([user("a")], [answer("msg_1")]);
    const unsent = history.sent(waiting, history.plan(waiting));
    expect(history.plan(next).whole).toEqual({ reason: "no_last_response" });
    unsent();
    expect(history.plan(next)).toEqual({ previousResponseId: "resp_1", items: [user("b")] });
  });

  it("the first one leaves a connection without history", () => {
    const history = new ConnectionHistory();
    history.sent(next, history.plan(next))();
    expect(history.isFresh).toBe(true);
  });

  it("of a forked lane still waits for its branches", async () => {
    const source = answered([user("a")], [answer("msg_1")]);
    const branch = source.fork();
    source.sent(next, source.plan(next))();
    let begins = () => {};
    const begun = new Promise<void>((resolve) => {
      begins = resolve;
    });
    expect(branch.plan(next).previousResponseId).toBe("resp_1");
    branch.sent(next, branch.plan(next));
    branch.neededUntil(begun);
    let mayGoOn = false;
    const waiting = source.need?.then(() => {
      mayGoOn = true;
    });
    await new Promise(setImmediate);
    expect(mayGoOn).toBe(false);
    begins();
    await waiting;
    expect(mayGoOn).toBe(true);
    expect(source.need).toBeUndefined();
  });

  it("if responses are stored, a branch can always continue from its source's response", () => {
    const source = answered([user("a")], [answer("msg_1")], "resp_1", { store: true });
    const branch = source.fork();
    const stored = request(next.items, { store: true });
    source.sent(stored, source.plan(stored));
    expect(branch.plan(stored).previousResponseId).toBe("resp_1");
  });

  it("of a branch still continues from its source's response, as long as the service has that", () => {
    const source = answered([user("a")], [answer("msg_1")]);
    const branch = source.fork();
    const unsent = branch.sent(next, branch.plan(next));
    branch.neededUntil(Promise.resolve());
    unsent();
    expect(branch.plan(next).previousResponseId).toBe("resp_1");
    const plan = branch.plan(next);
    expect(branch.holds(plan)).toBe(true);
    source.sent(next, source.plan(next));
    expect(branch.plan(next).whole).toEqual({ reason: "source_went_on" });
    expect([branch.holds(plan), branch.holds(branch.plan(next))]).toEqual([false, true]);
  });
});
