import { describe, expect, it } from "vitest";
import { textOf } from "../../support/clients.ts";
import {
  answerTo,
  asking,
  bodiesAt,
  broken,
  failedWith,
  handshakesAt,
  kindsOf,
  openScripted,
  run,
  user,
} from "./support.ts";

describe("a failure over the WebSocket", () => {
  it("opens a new connection, and sends everything", async () => {
    const { emulator, session } = await openScripted([{}, broken]);
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
  it("that is final lets the next request be sent whole, on the same connection", async () => {
    const { emulator, session } = await openScripted([{}, failedWith({ code: "context_length_exceeded" })]);
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
      const { emulator, session, notices } = await openScripted(
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
    const { session, notices } = await openScripted([limit], { carrier: "websocket" });
    expect((await answerTo(session, asking("one"))).text).toBe("one");
    expect(notices).toMatchObject([{ retry: 1, layer: "stream" }]);
  });

  it("429 is retried if the provider's policy says so", async () => {
    const step = { status: 429, headers: { "retry-after-ms": "5" }, body: { error: {} } };
    const { session, notices } = await openScripted([step], {}, { retry: { retry429: true } });
    expect((await answerTo(session, asking("one"))).text).toBe("one");
    expect(notices).toMatchObject([{ retry: 1, delayMs: 5 }]);
  });
});

describe("the last retry", () => {
  it("is followed by HTTP with its own retries, at once and for all later calls", async () => {
    const { emulator, session, notices } = await openScripted(
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

  it("is followed by the error if only a WebSocket may be used", async () => {
    const { emulator, session } = await openScripted(
      Array.from({ length: 9 }, () => broken),
      { carrier: "websocket" },
      { maxStreamRetries: 1 },
    );
    expect((await run(session, asking("hello"))).error).toMatchObject({ kind: "stream" });
    expect(kindsOf(emulator)).toEqual(["handshake", "frame", "handshake", "frame"]);
    expect(session.carrier).toBe("websocket");
  });
});
