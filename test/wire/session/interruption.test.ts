import { describe, expect, it } from "vitest";
import type { ResponsesSession } from "../../../src/api/session/session.ts";
import type { Emulator } from "../../../src/emulator/index.ts";
import { emulate, readEvents } from "../../support/clients.ts";
import { serveWebSocket } from "../websocket/plain-server.ts";
import { answerTo, asking, bodiesAt, carriers, handshakesAt, openSession, user, wire } from "./support.ts";

const SLOW = { delayMsPerWord: 20 };
const COUNT = { model: "m", input: [user("count to 500")] };

function requestsAt(emulator: Emulator) {
  return bodiesAt(emulator).filter((body) => body.type !== "response.interrupt");
}

// parity: stream/leaving-interrupts
describe("a session that can ask the service to end a response", () => {
  it.each(["interrupt", "break", "abort", "close"] as const)(
    "keeps socket and history after %s: the next request is an increment",
    async (how) => {
      const emulator = await emulate({ pace: SLOW });
      const { session } = openSession(emulator.url, {}, { supportsInterrupt: true });
      const abort = new AbortController();
      const stream = await session.stream(COUNT, { signal: abort.signal });
      let responseId: string | undefined;
      const reading = async () => {
        for await (const event of stream) {
          if (event.type === "created") responseId = event.responseId;
          if (event.type !== "output_text.delta") continue;
          if (how === "interrupt") await stream.interrupt();
          else if (how === "abort") abort.abort();
          else if (how === "close") await stream.close();
          else break;
        }
      };
      if (how === "abort" || how === "close") await expect(reading()).rejects.toMatchObject({ kind: "aborted" });
      else await reading();
      const next = await answerTo(session, { model: "m", input: [...COUNT.input, user("repeat: two")] });
      expect(next.text).toBe("two");
      expect(handshakesAt(emulator)).toHaveLength(1);
      expect(requestsAt(emulator)[1]).toMatchObject({ previous_response_id: responseId });
      expect(requestsAt(emulator)[1]?.input).toHaveLength(1);
    },
  );

  const interrupted = { id: "resp_made_up", incomplete_details: { reason: "interrupted" } };
  const failed = { id: "resp_made_up", error: { code: "server_error", message: "broken" } };
  it.each([
    [
      "an item was finished and never read: it is in no history",
      [wire.done(wire.message("a")), { type: "response.incomplete", response: interrupted }],
    ],
    ["the response failed", [{ type: "response.failed", response: failed }]],
  ])("sends the next request whole if, after the reader left, %s", async (_what, rest) => {
    const server = await serveWebSocket(({ type, previous_response_id, input }, tell) => {
      if (type === "response.interrupt") for (const event of rest) tell(event);
      else if (previous_response_id === undefined && (input as unknown[]).length === 1) tell(wire.created);
      else for (const event of [wire.created, wire.completed("resp_2")]) tell(event);
    });
    const { session } = openSession(server.url, {}, { supportsInterrupt: true });
    for await (const event of await session.stream(COUNT)) if (event.type === "created") break;
    await answerTo(session, { model: "m", input: [...COUNT.input, user("repeat: two")] });
    expect(server.frames.map(({ type }) => type)).toEqual(["response.create", "response.interrupt", "response.create"]);
    expect(server.frames[2]).not.toHaveProperty("previous_response_id");
    expect(server.sockets).toHaveLength(1);
  });

  it("continues from no response of a call whose reader learns late that it was aborted", async () => {
    const server = await serveWebSocket(({ type, input }, tell) => {
      const id = `resp_${server.frames.length}`;
      if (type === "response.interrupt")
        tell({
          type: "response.incomplete",
          response: { id: "resp_1", incomplete_details: { reason: "interrupted" } },
        });
      else {
        tell({ type: "response.created", response: { id } });
        if (JSON.stringify(input).includes("other")) asked();
        if (server.frames.length === 4) tell(wire.completed(id));
      }
    });
    let asked = () => {};
    const otherIsSent = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const { session } = openSession(server.url, {}, { supportsInterrupt: true });
    const abort = new AbortController();
    const events = (await session.stream(COUNT, { signal: abort.signal }))[Symbol.asyncIterator]();
    await events.next();
    abort.abort();
    const other = { model: "m", input: [user("other")] };
    const refused = session.stream(other).then((stream) => stream.collect());
    await otherIsSent;
    await expect(events.next()).rejects.toMatchObject({ kind: "aborted" });
    await new Promise(setImmediate);
    server.sockets[0]?.send(JSON.stringify({ type: "error", status: 400, error: { code: "invalid_value" } }));
    await expect(refused).rejects.toMatchObject({ kind: "invalid_request" });
    await answerTo(session, other);
    expect(server.frames[3]).toMatchObject({ input: other.input });
    expect(server.frames[3]?.previous_response_id).toBeUndefined();
    expect(server.sockets).toHaveLength(1);
  });

  it("requests nothing again after an interruption: a break ends the answer with what has arrived", async () => {
    const emulator = await emulate({
      script: [{ events: [wire.created, wire.delta("a"), wire.delta("b")], resetAfterEvents: 2 }],
    });
    const { session } = openSession(emulator.url, {}, { supportsInterrupt: true });
    const stream = await session.stream(COUNT);
    const { events, error } = await readEvents(
      (async function* () {
        for await (const event of stream) {
          yield event;
          if (event.type === "created") void stream.interrupt();
        }
      })(),
    );
    expect(error).toBeUndefined();
    expect(events.at(-1)).toMatchObject({ type: "incomplete", reason: "interrupted" });
    expect(requestsAt(emulator)).toHaveLength(1);
  });
});

describe("interrupt() of a session", () => {
  it("over HTTP closes the connection, and the loop ends normally", async () => {
    const emulator = await emulate({ pace: SLOW });
    const { session } = openSession(emulator.url, { carrier: "http" }, { supportsInterrupt: true });
    const stream = await session.stream(COUNT);
    const types: string[] = [];
    for await (const event of stream) {
      types.push(event.type);
      if (event.type === "output_text.delta") await stream.interrupt();
    }
    expect(types.at(-1)).toBe("incomplete");
    expect((await stream.collect()).status).toBe("incomplete");
    await emulator.waitForClosedResponses(1);
    expect((await answerTo(session, asking("two"))).text).toBe("two");
  });

  it("on a shared connection without cancellation: no request continues the response that finished unread", async () => {
    const ends: (() => void)[] = [];
    const server = await serveWebSocket(({ stream_id }, tell) => {
      const own = (event: object) => tell({ ...event, stream_id });
      const id = `resp_${server.frames.length}`;
      own({ type: "response.created", response: { id } });
      ends.push(() => [wire.done(wire.message("all of it")), wire.completed(id)].forEach(own));
      if (server.frames.length > 2) ends.at(-1)?.();
    });
    const { session } = openSession(server.url);
    const other = await session.lane("other").stream(asking("x"));
    const lane = session.lane("a");
    const stream = await lane.stream(COUNT);
    const { events } = await readEvents(
      (async function* () {
        for await (const event of stream) {
          yield event;
          if (event.type === "created") await stream.interrupt();
        }
      })(),
    );
    expect(events.at(-1)).toEqual({ type: "incomplete", reason: "interrupted" });
    for (const end of ends.slice().reverse()) end(); // the other one's comes behind it
    await other.collect();
    await (await lane.stream({ model: "m", input: [...COUNT.input, user("repeat: two")] })).collect();
    expect(server.frames[2]).not.toHaveProperty("previous_response_id");
    expect(server.frames[2]?.input).toHaveLength(2);
    expect(server.sockets).toHaveLength(1);
  });

  it("ends the wait before a retry", async () => {
    const emulator = await emulate({ script: [{ events: [wire.created], endAfterEvents: 1 }] });
    const { session } = openSession(emulator.url, {}, { retry: { baseDelayMs: 600_000 } });
    const stream = await session.stream(COUNT);
    const types: string[] = [];
    for await (const event of stream) {
      types.push(event.type);
      if (event.type === "restarted") setImmediate(() => void stream.interrupt());
    }
    expect(types.slice(-2)).toEqual(["restarted", "incomplete"]);
    expect((await answerTo(session, asking("two"))).text).toBe("two");
  });
});

describe.each(carriers)("a session over %s", (carrier) => {
  it.each<[string, (session: ResponsesSession, abort: AbortController) => unknown]>([
    ["its signal fires", (_session, abort) => abort.abort()],
    ["the session is closed", (session) => session.close()],
  ])("tells a reader that the answer was cut off if %s and the stream is closed, too", async (_what, end) => {
    const emulator = await emulate({ pace: SLOW });
    const { session } = openSession(emulator.url, { carrier });
    const abort = new AbortController();
    const stream = await session.stream(COUNT, { signal: abort.signal });
    let closing: Promise<unknown> | undefined;
    const reading = async () => {
      for await (const event of stream) {
        if (event.type !== "output_text.delta" || closing) continue;
        closing = new Promise((resolve) =>
          setImmediate(() => {
            void end(session, abort);
            resolve(stream.close());
          }),
        );
      }
    };
    await expect(reading()).rejects.toMatchObject({ kind: "aborted" });
    await closing;
  });
});
