import { describe, expect, it } from "vitest";
import type { ResponseEvent } from "../../../src/api/responses/events/types.ts";
import type { Step } from "../../../src/emulator/index.ts";
import { textOf } from "../../support/clients.ts";
import { answerTo, asking, bodiesAt, broken, carriers, failedWith, openScripted, run, wire } from "./support.ts";

describe.each(carriers)("a stream that breaks, over %s", (carrier) => {
  // parity: session/restarted
  it("is requested again; before the new answer, an event says what is no longer valid", async () => {
    const { emulator, session, notices } = await openScripted([broken], { carrier });
    const { events, error } = await run(session, asking("hello"));
    expect(error).toBeUndefined();
    const restart = events.findIndex(({ type }) => type === "restarted");
    expect(textOf(events.slice(0, restart))).toBe("lost");
    expect(textOf(events.slice(restart))).toBe("hello");
    expect(events[restart]).toMatchObject({ retry: 1, reason: expect.any(String), keptItems: 0 });
    expect(notices).toMatchObject([{ retry: 1, maxRetries: 5, layer: "stream", delayMs: expect.any(Number) }]);
    expect(bodiesAt(emulator)).toHaveLength(2);
  });

  it("continues for a reader of batches, who gets the event in between", async () => {
    const { session } = await openScripted([broken], { carrier });
    const stream = await session.stream(asking("hello"));
    const events: ResponseEvent[] = [];
    await stream.batches().each((batch) => void events.push(...batch));
    const restart = events.findIndex(({ type }) => type === "restarted");
    expect([textOf(events.slice(0, restart)), textOf(events.slice(restart))]).toEqual(["lost", "hello"]);
    expect(events.at(-1)?.type).toBe("completed");
    const next = await session.stream(asking("again")); // the call is over
    expect((await next.collect()).text).toBe("again");
  });

  it("is collected as if it had not broken", async () => {
    const { session } = await openScripted([broken], { carrier });
    const { text, items } = await answerTo(session, asking("hello"));
    expect(text).toBe("hello");
    expect(items).toHaveLength(1);
  });

  it("continues after the finished items, which stay valid and are part of the new request", async () => {
    const half = {
      events: [wire.created, wire.delta("half"), wire.done(wire.message("half")), wire.delta("lo")],
      terminateAfterEvents: 4,
    };
    const { emulator, session } = await openScripted([half], { carrier });
    const answer = await answerTo(session, asking("hello"));
    expect(answer.text).toBe("halfhello");
    expect(answer.items.map((item) => item.type)).toEqual(["message", "message"]);
    const [first, second] = bodiesAt(emulator);
    expect(first?.input).toHaveLength(1);
    expect(second?.input).toMatchObject([{ role: "user" }, { role: "assistant", content: [{ text: "half" }] }]);
    expect(second).not.toHaveProperty("previous_response_id");
  });

  it("sends items that the caller has added meanwhile only once", async () => {
    const half = { events: [wire.created, wire.done(wire.remark("half"))], terminateAfterEvents: 2 };
    const { emulator, session } = await openScripted([half], { carrier });
    const history = [...asking("hello").input];
    for await (const event of await session.stream({ model: "m", input: history })) {
      if (event.type === "output_item.done") history.push(event.item);
    }
    expect(bodiesAt(emulator)[1]?.input).toMatchObject([{ role: "user" }, { role: "assistant" }]);
  });

  it("does not send a tool call without its output: it becomes invalid, with everything after it", async () => {
    const items = [wire.done(wire.message("kept")), wire.done(wire.call()), wire.done(wire.message("after", "msg_2"))];
    const { emulator, session } = await openScripted([{ events: items, terminateAfterEvents: 3 }], { carrier });
    const { events } = await run(session, asking("hello"));
    expect(events.find(({ type }) => type === "restarted")).toMatchObject({ keptItems: 1 });
    expect(bodiesAt(emulator)[1]?.input).toMatchObject([{ role: "user" }, { content: [{ text: "kept" }] }]);
  });

  it("counts the valid items over all restarts", async () => {
    const step = (id: string): Step => ({ events: [wire.done(wire.remark(id, id))], terminateAfterEvents: 1 });
    const { emulator, session } = await openScripted([step("a"), step("b")], { carrier });
    const { events } = await run(session, asking("hello"));
    expect(events.flatMap((event) => (event.type === "restarted" ? [[event.retry, event.keptItems]] : []))).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(bodiesAt(emulator)[2]?.input).toHaveLength(3);
  });

  const brief = { streamIdleTimeoutMs: 100 };
  const answered = [wire.created, wire.added(wire.message("")), wire.delta("4"), wire.done(wire.message("4"))];

  // parity: session/answered-once
  it.each([
    ["with the answer as its last item", answered],
    ["with an answer that says that it is the final one", [wire.done({ ...wire.message("4"), phase: "final_answer" })]],
    [
      "with an answer behind what was thought",
      [wire.done({ type: "reasoning", id: "rs_1", summary: [] }), ...answered],
    ],
  ])("is not requested again %s: nobody pays for a second answer", async (_what, events) => {
    const ways = { terminateAfterEvents: events.length, stallAfterEvents: events.length };
    for (const [way, after] of Object.entries(ways)) {
      const { emulator, session, notices } = await openScripted([{ events, [way]: after }], { carrier }, brief);
      const { error, events: seen } = await run(session, asking("2 + 2"));
      expect(error).toMatchObject({
        kind: "stream",
        code: "end_unconfirmed",
        replay: "unsafe",
        message: expect.stringContaining("not sent again"),
        partial: { items: expect.arrayContaining([expect.objectContaining({ type: "message" })]) },
        cause: { kind: way === "stallAfterEvents" ? "timeout" : expect.stringMatching(/^(stream|network)$/) },
      });
      expect(seen.map(({ type }) => type)).not.toContain("restarted");
      expect(bodiesAt(emulator)).toHaveLength(1);
      expect(notices).toEqual([]);
      expect((await answerTo(session, asking("next"))).text).toBe("next");
    }
  });

  const message = wire.done(wire.message("4"));
  it.each([
    ["a remark", [wire.done(wire.remark("let me see"))]],
    ["a message that says that its turn goes on", [wire.done({ ...wire.message("4"), end_turn: false })]],
    ["a message while another item is unfinished", [wire.added(wire.call()), wire.added(wire.message("")), message]],
    ["a message behind which something has begun", [message, wire.added(wire.call())]],
    ["a tool call", [wire.done(wire.call())]],
  ])("is requested again if its last event was %s", async (_what, events) => {
    const { emulator, session } = await openScripted([{ events, terminateAfterEvents: events.length }], { carrier });
    expect((await run(session, asking("hello"))).error).toBeUndefined();
    expect(bodiesAt(emulator)).toHaveLength(2);
  });

  it("is requested again if the service reports a failed response, after any item", async () => {
    const events = [message, wire.failed({ code: "server_error", message: "m" })];
    const { emulator, session } = await openScripted([{ events }], { carrier });
    expect((await run(session, asking("hello"))).error).toBeUndefined();
    expect(bodiesAt(emulator)).toHaveLength(2);
  });

  it("is given up after the last retry, with the last error", async () => {
    const { emulator, session, notices } = await openScripted(
      Array.from({ length: 9 }, () => broken),
      { carrier },
      { maxStreamRetries: 2 },
    );
    const { events, error } = await run(session, asking("hello"));
    expect(error).toMatchObject({ kind: expect.stringMatching(/^(stream|network)$/) });
    expect(events.filter(({ type }) => type === "restarted")).toHaveLength(2);
    expect(bodiesAt(emulator)).toHaveLength(3);
    expect(notices.map(({ retry }) => retry)).toEqual([1, 2]);
    // The session is as good as new.
    expect((await run(session, asking("hello"))).events.length).toBeGreaterThan(0);
  });

  it("waits twice as long each time", async () => {
    const { session, notices } = await openScripted(
      Array.from({ length: 3 }, () => broken),
      { carrier },
      { retry: { baseDelayMs: 8 } },
    );
    await run(session, asking("hello"));
    notices.forEach(({ delayMs }, index) => {
      expect(Number.isInteger(delayMs)).toBe(true);
      expect(delayMs).toBeGreaterThanOrEqual(Math.round(8 * 2 ** index * 0.9));
      expect(delayMs).toBeLessThanOrEqual(Math.round(8 * 2 ** index * 1.1));
    });
    expect(notices).toHaveLength(3);
  });

  it("uses the session's clock and random numbers", async () => {
    const sleeps: number[] = [];
    const clock = { now: () => 0, sleep: async (ms: number) => void sleeps.push(ms) };
    const { session, notices } = await openScripted(
      [broken, broken, failedWith({ code: "rate_limit_exceeded", message: "Please try again in 35 seconds." })],
      { carrier, clock, random: () => 0.5 },
      { retry: { baseDelayMs: 10_000 } },
    );
    const { error } = await run(session, asking("hello"));
    expect(error).toBeUndefined();
    expect(sleeps).toEqual([10_000, 20_000, 35_000]);
    expect(notices.map(({ delayMs }) => delayMs)).toEqual(sleeps);
  });

  it("waits as long as the server asks, up to the policy's cap (parity: retry/retry-after)", async () => {
    const limited = (text: string) =>
      failedWith({ code: "rate_limit_exceeded", message: `Please try again in ${text}.` });
    const { session, notices } = await openScripted(
      [limited("7ms"), limited("35 seconds")],
      { carrier },
      { retry: { maxRetryAfterMs: 12 } },
    );
    const { error } = await run(session, asking("hello"));
    expect(error).toBeUndefined();
    expect(notices.map(({ delayMs }) => delayMs)).toEqual([7, 12]);
  });

  it.each([
    ["response.failed with a code of its own", failedWith({ code: "server_error", message: "m" })],
    ["response.failed without a reason", { events: [{ type: "response.failed", response: {} }] }],
    ["an end without a terminal event", { events: [wire.created], endAfterEvents: 1 }],
    ["a reset", { events: [wire.created], resetAfterEvents: 1 }],
    ["silence", { events: [wire.created], stallAfterEvents: 1 }],
    ["409", { status: 409, body: {} }],
  ] as const)("tries again after %s", async (_what, step) => {
    const { emulator, session, notices } = await openScripted(
      [step],
      { carrier },
      { streamIdleTimeoutMs: 100, retry: { maxRetries: 0 } },
    );
    const { error, events } = await run(session, asking("hello"));
    expect(error).toBeUndefined();
    expect(textOf(events)).toBe("hello");
    expect(bodiesAt(emulator)).toHaveLength(2);
    expect(notices).toHaveLength(1);
  });

  it.each([
    // parity: session/wrong-key
    ["http", { status: 403, body: {} }],
    ["http", { status: 404, body: {} }],
    ["context_window_exceeded", failedWith({ code: "context_length_exceeded" })],
    ["quota_exceeded", failedWith({ code: "insufficient_quota" })],
    ["usage_not_included", failedWith({ code: "usage_not_included" })],
    ["server_overloaded", failedWith({ code: "server_is_overloaded" })],
    ["invalid_request", failedWith({ code: "invalid_prompt" })],
    [
      "incomplete",
      { events: [{ type: "response.incomplete", response: { incomplete_details: { reason: "content_filter" } } }] },
    ],
    ["invalid_request", { status: 400, body: { error: { message: "no" } } }],
    ["rate_limit", { status: 429, body: { error: { message: "slow" } } }],
    [
      "usage_limit_reached",
      { status: 429, body: { error: { type: "usage_limit_reached", resets_at: 1_900_000_000 } } },
    ],
  ] as const)("ends at once with %s (parity: retry/usage-limit-never, stream/incomplete)", async (kind, step) => {
    const { emulator, session, notices } = await openScripted([step], { carrier });
    const { error } = await run(session, asking("hello"));
    expect(error).toMatchObject({ kind });
    expect(bodiesAt(emulator)).toHaveLength(1);
    expect(notices).toEqual([]);
    expect((await answerTo(session, asking("again"))).text).toBe("again");
  });

  it("has an error with what an answer that stopped early reported at its end", async () => {
    const response = {
      id: "resp_made_up",
      incomplete_details: { reason: "content_filter" },
      usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 },
    };
    const step = { events: [wire.created, wire.delta("a"), { type: "response.incomplete", response }] };
    const { session } = await openScripted([step], { carrier });
    const { error } = await run(session, asking("hello"));
    const tokenUsage = expect.objectContaining({ inputTokens: 3, totalTokens: 5 });
    expect(error).toMatchObject({ kind: "incomplete", partial: { text: "a", responseId: "resp_made_up", tokenUsage } });
  });

  it("yields `restarted` only if a part of the answer was yielded", async () => {
    const { session, notices } = await openScripted([{ events: [wire.failed({})] }], { carrier });
    const { events } = await run(session, asking("hello"));
    expect(events.map(({ type }) => type)).not.toContain("restarted");
    expect(notices).toHaveLength(1);
  });

  it("yields it once for each part, however many streams break after that", async () => {
    const { session, notices } = await openScripted([broken, { events: [wire.failed({})] }], { carrier });
    const { events } = await run(session, asking("hello"));
    expect(events.filter(({ type }) => type === "restarted")).toHaveLength(1);
    expect(notices).toHaveLength(2);
  });
});
