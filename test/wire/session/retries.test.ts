import { describe, expect, it } from "vitest";
import type { ProviderConfig } from "../../../src/api/provider.ts";
import type { ResponseEvent } from "../../../src/api/responses/events/types.ts";
import type { Script, Step } from "../../../src/emulator/index.ts";
import { emulate, textOf } from "../../support/clients.ts";
import { answerTo, asking, bodiesAt, handshakesAt, kindsOf, openSession, run, user, wire } from "./support.ts";

async function open(
  script: Script,
  options: Parameters<typeof openSession>[1] = {},
  provider: Partial<ProviderConfig> = {},
) {
  const emulator = await emulate({ script, rateLimits: false });
  return { emulator, ...openSession(emulator.url, options, provider) };
}

const carriers = ["websocket", "http"] as const;
const broken = { events: [wire.created, wire.delta("lost")], terminateAfterEvents: 2 };
const failed = (error: object): Step => ({ events: [wire.created, wire.failed(error)] });

describe.each(carriers)("a stream that breaks, over %s", (carrier) => {
  // parity: session/restarted
  it("is opened anew; what was yielded is declared void before anything comes again", async () => {
    const { emulator, session, notices } = await open([broken], { carrier });
    const { events, error } = await run(session, asking("hello"));
    expect(error).toBeUndefined();
    const restart = events.findIndex(({ type }) => type === "restarted");
    expect(textOf(events.slice(0, restart))).toBe("lost");
    expect(textOf(events.slice(restart))).toBe("hello");
    expect(events[restart]).toMatchObject({ retry: 1, reason: expect.any(String), keptItems: 0 });
    expect(notices).toMatchObject([{ retry: 1, maxRetries: 5, layer: "stream", delayMs: expect.any(Number) }]);
    expect(bodiesAt(emulator)).toHaveLength(2);
  });

  it("goes on for a function that takes its batches, which hears of it in between", async () => {
    const { session } = await open([broken], { carrier });
    const stream = await session.stream(asking("hello"));
    const events: ResponseEvent[] = [];
    await stream.batches().each((batch) => void events.push(...batch));
    const restart = events.findIndex(({ type }) => type === "restarted");
    expect([textOf(events.slice(0, restart)), textOf(events.slice(restart))]).toEqual(["lost", "hello"]);
    expect(events.at(-1)?.type).toBe("completed");
    const next = await session.stream(asking("again")); // the call is over
    expect((await next.collect()).text).toBe("again");
  });

  it("collects as if it had not broken", async () => {
    const { session } = await open([broken], { carrier });
    const { text, items } = await answerTo(session, asking("hello"));
    expect(text).toBe("hello");
    expect(items).toHaveLength(1);
  });

  it("goes on after the items that were finished: they stand, and are part of the new request", async () => {
    const half = {
      events: [wire.created, wire.delta("half"), wire.done(wire.message("half")), wire.delta("lo")],
      terminateAfterEvents: 4,
    };
    const { emulator, session } = await open([half], { carrier });
    const answer = await answerTo(session, asking("hello"));
    expect(answer.text).toBe("halfhello");
    expect(answer.items.map((item) => item.type)).toEqual(["message", "message"]);
    const [first, second] = bodiesAt(emulator);
    expect(first?.input).toHaveLength(1);
    expect(second?.input).toMatchObject([{ role: "user" }, { role: "assistant", content: [{ text: "half" }] }]);
    expect(second).not.toHaveProperty("previous_response_id");
  });

  it("sends once what the caller has added to the history meanwhile", async () => {
    const half = { events: [wire.created, wire.done(wire.remark("half"))], terminateAfterEvents: 2 };
    const { emulator, session } = await open([half], { carrier });
    const history = [...asking("hello").input];
    for await (const event of await session.stream({ model: "m", input: history })) {
      if (event.type === "output_item.done") history.push(event.item);
    }
    expect(bodiesAt(emulator)[1]?.input).toMatchObject([{ role: "user" }, { role: "assistant" }]);
  });

  it("does not send a tool call without its output: it is void, with what follows it", async () => {
    const items = [wire.done(wire.message("kept")), wire.done(wire.call()), wire.done(wire.message("after", "msg_2"))];
    const { emulator, session } = await open([{ events: items, terminateAfterEvents: 3 }], { carrier });
    const { events } = await run(session, asking("hello"));
    expect(events.find(({ type }) => type === "restarted")).toMatchObject({ keptItems: 1 });
    expect(bodiesAt(emulator)[1]?.input).toMatchObject([{ role: "user" }, { content: [{ text: "kept" }] }]);
  });

  it("counts what stands over all restarts", async () => {
    const step = (id: string): Step => ({ events: [wire.done(wire.remark(id, id))], terminateAfterEvents: 1 });
    const { emulator, session } = await open([step("a"), step("b")], { carrier });
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
  ])("is not opened anew %s: nobody pays for a second answer", async (_what, events) => {
    const ways = { terminateAfterEvents: events.length, stallAfterEvents: events.length };
    for (const [way, after] of Object.entries(ways)) {
      const { emulator, session, notices } = await open([{ events, [way]: after }], { carrier }, brief);
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
  ])("is opened anew where its last word was %s", async (_what, events) => {
    const { emulator, session } = await open([{ events, terminateAfterEvents: events.length }], { carrier });
    expect((await run(session, asking("hello"))).error).toBeUndefined();
    expect(bodiesAt(emulator)).toHaveLength(2);
  });

  it("is opened anew where the service says that the response failed, behind whatever item", async () => {
    const events = [message, wire.failed({ code: "server_error", message: "m" })];
    const { emulator, session } = await open([{ events }], { carrier });
    expect((await run(session, asking("hello"))).error).toBeUndefined();
    expect(bodiesAt(emulator)).toHaveLength(2);
  });

  it("is given up when the budget is spent, with the last error", async () => {
    const { emulator, session, notices } = await open(
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
    const { session, notices } = await open(
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

  it("waits by the session's own clock and chance", async () => {
    const sleeps: number[] = [];
    const clock = { now: () => 0, sleep: async (ms: number) => void sleeps.push(ms) };
    const { session, notices } = await open(
      [broken, broken, failed({ code: "rate_limit_exceeded", message: "Please try again in 35 seconds." })],
      { carrier, clock, random: () => 0.5 },
      { retry: { baseDelayMs: 10_000 } },
    );
    const { error } = await run(session, asking("hello"));
    expect(error).toBeUndefined();
    expect(sleeps).toEqual([10_000, 20_000, 35_000]);
    expect(notices.map(({ delayMs }) => delayMs)).toEqual(sleeps);
  });

  it("waits as long as the server asks, up to the policy's cap (parity: retry/retry-after)", async () => {
    const limited = (text: string) => failed({ code: "rate_limit_exceeded", message: `Please try again in ${text}.` });
    const { session, notices } = await open(
      [limited("7ms"), limited("35 seconds")],
      { carrier },
      { retry: { maxRetryAfterMs: 12 } },
    );
    const { error } = await run(session, asking("hello"));
    expect(error).toBeUndefined();
    expect(notices.map(({ delayMs }) => delayMs)).toEqual([7, 12]);
  });

  it.each([
    ["response.failed with a code of its own", failed({ code: "server_error", message: "m" })],
    ["response.failed without a reason", { events: [{ type: "response.failed", response: {} }] }],
    ["an end without a terminal event", { events: [wire.created], endAfterEvents: 1 }],
    ["a reset", { events: [wire.created], resetAfterEvents: 1 }],
    ["silence", { events: [wire.created], stallAfterEvents: 1 }],
    ["409", { status: 409, body: {} }],
  ] as const)("tries again after %s", async (_what, step) => {
    const { emulator, session, notices } = await open(
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
    ["context_window_exceeded", failed({ code: "context_length_exceeded" })],
    ["quota_exceeded", failed({ code: "insufficient_quota" })],
    ["usage_not_included", failed({ code: "usage_not_included" })],
    ["server_overloaded", failed({ code: "server_is_overloaded" })],
    ["invalid_request", failed({ code: "invalid_prompt" })],
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
    const { emulator, session, notices } = await open([step], { carrier });
    const { error } = await run(session, asking("hello"));
    expect(error).toMatchObject({ kind });
    expect(bodiesAt(emulator)).toHaveLength(1);
    expect(notices).toEqual([]);
    expect((await answerTo(session, asking("again"))).text).toBe("again");
  });

  it("has in the error what an answer that stopped early reported at its end", async () => {
    const response = {
      id: "resp_made_up",
      incomplete_details: { reason: "content_filter" },
      usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 },
    };
    const step = { events: [wire.created, wire.delta("a"), { type: "response.incomplete", response }] };
    const { session } = await open([step], { carrier });
    const { error } = await run(session, asking("hello"));
    const tokenUsage = expect.objectContaining({ inputTokens: 3, totalTokens: 5 });
    expect(error).toMatchObject({ kind: "incomplete", partial: { text: "a", responseId: "resp_made_up", tokenUsage } });
  });

  it("says restarted only when something of the answer was yielded", async () => {
    const { session, notices } = await open([{ events: [wire.failed({})] }], { carrier });
    const { events } = await run(session, asking("hello"));
    expect(events.map(({ type }) => type)).not.toContain("restarted");
    expect(notices).toHaveLength(1);
  });

  it("says it once for what was yielded once, however many streams break after that", async () => {
    const { session, notices } = await open([broken, { events: [wire.failed({})] }], { carrier });
    const { events } = await run(session, asking("hello"));
    expect(events.filter(({ type }) => type === "restarted")).toHaveLength(1);
    expect(notices).toHaveLength(2);
  });
});

describe("a failure over the WebSocket", () => {
  it("opens a new connection, and sends everything", async () => {
    const { emulator, session } = await open([{}, broken]);
    const first = await answerTo(session, asking("one"));
    const second = asking("two", [...asking("one").input, ...first.items]);
    const answer = await answerTo(session, second);
    expect(answer.text).toBe("two");
    const [, incremental, full] = bodiesAt(emulator);
    expect(incremental).toHaveProperty("previous_response_id");
    expect(full).not.toHaveProperty("previous_response_id");
    expect(full?.input).toHaveLength(second.input.length);
    expect(handshakesAt(emulator)).toHaveLength(2);
    await answerTo(session, asking("three", [...second.input, ...answer.items]));
    expect(bodiesAt(emulator)[3]).toMatchObject({
      previous_response_id: answer.responseId,
      input: [user("repeat: three")],
    });
  });

  // parity: websocket/keeps-sound-connection
  it("that is final makes the next one go out as a whole, on the same connection", async () => {
    const { emulator, session } = await open([{}, failed({ code: "context_length_exceeded" })]);
    const first = await answerTo(session, asking("one"));
    const history = [...asking("one").input, ...first.items];
    expect((await run(session, asking("two", history))).error).toMatchObject({ kind: "context_window_exceeded" });
    await answerTo(session, asking("two", history));
    expect(bodiesAt(emulator)[2]).not.toHaveProperty("previous_response_id");
    expect(handshakesAt(emulator)).toHaveLength(1);
  });

  // parity: websocket/free-reconnect
  it.each(["previous_response_not_found", "websocket_connection_limit_reached"])(
    "%s on a used connection: at once, with everything, on a new one",
    async (code) => {
      const { emulator, session, notices } = await open(
        [{}, { status: 400, body: { error: { code } } }],
        {},
        { maxStreamRetries: 0 },
      );
      const first = await answerTo(session, asking("one"));
      const answer = await answerTo(session, asking("two", [...asking("one").input, ...first.items]));
      expect(answer.text).toBe("two");
      expect(notices).toMatchObject([{ retry: 0, delayMs: 0, layer: "stream", reason: { code } }]);
      expect(bodiesAt(emulator)[2]).not.toHaveProperty("previous_response_id");
      expect(handshakesAt(emulator)).toHaveLength(2);
      expect(session.carrier).toBe("websocket");
    },
  );

  it("the connection limit on a new connection counts like any failure", async () => {
    const limit = { status: 400, body: { error: { code: "websocket_connection_limit_reached" } } };
    const { session, notices } = await open([limit], { carrier: "websocket" });
    expect((await answerTo(session, asking("one"))).text).toBe("one");
    expect(notices).toMatchObject([{ retry: 1, layer: "stream" }]);
  });

  it("429 is tried again where the provider retries 429", async () => {
    const step = { status: 429, headers: { "retry-after-ms": "5" }, body: { error: {} } };
    const { session, notices } = await open([step], {}, { retry: { retry429: true } });
    expect((await answerTo(session, asking("one"))).text).toBe("one");
    expect(notices).toMatchObject([{ retry: 1, delayMs: 5 }]);
  });
});

describe("a spent budget", () => {
  it("goes over to HTTP with a fresh one, at once and for good", async () => {
    const { emulator, session, notices } = await open(
      (request) => (request.kind === "frame" || bodiesAt(emulator).length === 4 ? broken : undefined),
      {},
      { maxStreamRetries: 2 },
    );
    const { events, error } = await run(session, asking("hello"));
    expect(error).toBeUndefined();
    expect(textOf(events.slice(events.findLastIndex(({ type }) => type === "restarted")))).toBe("hello");
    expect(notices.map(({ layer, retry }) => [layer, retry])).toEqual([
      ["stream", 1],
      ["stream", 2],
      ["fallback", 1],
      ["stream", 1],
    ]);
    expect(notices[2]?.delayMs).toBe(0);
    expect(kindsOf(emulator).filter((kind) => kind !== "handshake")).toEqual([
      "frame",
      "frame",
      "frame",
      "http",
      "http",
    ]);
    expect(session.carrier).toBe("http");
  });

  it("is an error where the WebSocket alone was asked for", async () => {
    const { emulator, session } = await open(
      Array.from({ length: 9 }, () => broken),
      { carrier: "websocket" },
      { maxStreamRetries: 1 },
    );
    expect((await run(session, asking("hello"))).error).toMatchObject({ kind: "stream" });
    expect(kindsOf(emulator)).toEqual(["handshake", "frame", "handshake", "frame"]);
    expect(session.carrier).toBe("websocket");
  });
});

describe("credentials", () => {
  it.each(carriers)("go out with the account they belong to, over %s", async (carrier) => {
    const emulator = await emulate();
    const auth = { bearerToken: () => "token-1", accountId: () => "account-1" };
    const { session } = openSession(emulator.url, { auth, carrier });
    await answerTo(session, asking("one"));
    expect(emulator.requests[0]?.headers).toMatchObject({
      authorization: "Bearer token-1",
      "chatgpt-account-id": "account-1",
    });
  });

  it.each(carriers)("that are refused are renewed once in a call, over %s", async (carrier) => {
    let renewals = 0;
    const auth = { bearerToken: () => `token-${renewals}`, onUnauthorized: () => ++renewals > 0 };
    const emulator = await emulate({ requireAuth: "token-1" });
    const { session } = openSession(emulator.url, { auth, carrier });
    expect((await answerTo(session, asking("one"))).text).toBe("one");
    expect(renewals).toBe(1);
  });

  it.each(carriers)(
    "that are refused are not renewed again by the retries of the same call, over %s",
    async (carrier) => {
      let renewals = 0;
      const auth = { bearerToken: () => "never right", onUnauthorized: () => ++renewals > 0 };
      const emulator = await emulate({ requireAuth: "token-1" });
      const { session } = openSession(emulator.url, { auth, carrier }, { maxStreamRetries: 2 });
      expect((await run(session, asking("one"))).error).toMatchObject({ kind: "http", status: 401 });
      expect(renewals).toBe(1);
      expect(emulator.requests).toHaveLength(2);
      await run(session, asking("one"));
      expect(renewals).toBe(2);
    },
  );
});
