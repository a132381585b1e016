import { describe, expect, it } from "vitest";
import type { SessionOptions } from "../../../../src/api/session/options.ts";
import type { ResponsesSession } from "../../../../src/api/session/session.ts";
import type { ResponseItem } from "../../../../src/api/wire/items.ts";
import { serveWebSocket, type Tell } from "../../websocket/plain-server.ts";
import { openSession, user, wire } from "../support.ts";
import { say, wordOf } from "./support.ts";

/** Repeats the request's word, on at most `limit` named lanes per connection, with one response per lane at a time. */
async function serverOf(limit: number) {
  const names = new Map<unknown, Set<unknown>>();
  const running = new Set<string>();
  const answered: string[] = [];
  const refused: unknown[] = [];
  const faults: string[] = [];
  const server = await serveWebSocket((frame, tell, socket) => {
    const known = names.get(socket) ?? new Set();
    names.set(socket, known);
    const { stream_id: name } = frame;
    const own: Tell = (event) => tell(name === undefined ? event : { ...event, stream_id: name });
    if (name !== undefined && !known.has(name) && known.size >= limit) {
      refused.push(name);
      const error = { type: "invalid_request_error", code: "websocket_stream_limit_reached", param: "stream_id" };
      return own({ type: "error", status: 400, error: { ...error, message: `${limit} streams are the limit.` } });
    }
    if (name !== undefined) known.add(name);
    const key = `${server.sockets.indexOf(socket)} ${name}`;
    if (running.has(key)) faults.push(`two at once on ${key}`);
    running.add(key);
    const [word, id] = [wordOf(frame), `resp_${answered.length}`];
    answered.push(word);
    own({ type: "response.created", response: { id } });
    own(wire.delta(word));
    setImmediate(() => {
      running.delete(key);
      own(wire.done(wire.message(word, `msg_${id}`)));
      own(wire.completed(id));
    });
  });
  return { server, names, answered, refused, faults };
}

const ROUNDS = ["one", "two", "three"];

/** Some lanes that talk at the same time, turn after turn. */
async function talk(session: ResponsesSession, count: number) {
  const lanes = Array.from({ length: count }, () => session.lane());
  return Promise.all(
    lanes.map(async (lane, at) => {
      const history: ResponseItem[] = [];
      const texts: string[] = [];
      for (const round of ROUNDS) {
        history.push(user(`${round} ${at}`));
        const { text, items } = await (await lane.stream({ model: "m", input: history })).collect();
        history.push(...items);
        texts.push(text);
      }
      return texts;
    }),
  );
}

function expected(count: number) {
  return Array.from({ length: count }, (_, at) => ROUNDS.map((round) => `${round} ${at}`));
}

async function lanesOn(limit: number, options: SessionOptions, count = 6) {
  const made = await serverOf(limit);
  const { session, notices } = openSession(made.server.url, { carrier: "websocket", ...options });
  expect(await talk(session, count)).toEqual(expected(count));
  expect(made.faults).toEqual([]);
  expect(made.answered).toHaveLength(count * ROUNDS.length);
  return { ...made, session, notices };
}

describe("a server that accepts fewer names than the service", () => {
  it.each([1, 2, 5])(
    "(%i) serves all lanes on one connection, which share the names by taking turns",
    async (limit) => {
      const { server, names, refused, notices } = await lanesOn(limit, { maxConnections: 1 });
      expect(server.sockets).toHaveLength(1);
      expect(names.get(server.sockets[0])?.size).toBe(limit);
      expect(refused).toHaveLength(6 - limit); // each name once
      expect(notices.map(({ retry, layer }) => [retry, layer])).toEqual(refused.map(() => [0, "stream"]));
    },
  );

  it("serves the other lanes on further connections, if allowed, and every lane keeps its name", async () => {
    const { server, names } = await lanesOn(2, { maxConnections: 3 });
    expect(server.sockets.map((socket) => names.get(socket)?.size)).toEqual([2, 2, 2]);
    const last = server.frames.filter((frame) => wordOf(frame).startsWith("three"));
    expect(last.map(({ previous_response_id }) => typeof previous_response_id)).toEqual(last.map(() => "string"));
  });

  it("serves each lane without a name, if it accepts none", async () => {
    const { server, refused } = await lanesOn(0, { maxConnections: 2 });
    expect(new Set(refused).size).toBe(refused.length);
    expect(server.sockets).toHaveLength(2);
  });

  it("keeps the conversation of a lane until another one gets its name; what is sent then is whole", async () => {
    const { server } = await serverOf(1);
    const { session } = openSession(server.url, { carrier: "websocket", maxConnections: 1 });
    const [a, b] = [session.lane("a"), session.lane("b")];
    const [ofA, ofB]: [ResponseItem[], ResponseItem[]] = [[], []];
    await say(a, ofA, "a1");
    await say(a, ofA, "a2");
    await say(b, ofB, "b1");
    await say(b, ofB, "b2");
    await say(a, ofA, "a3");
    const sent = server.frames.map((frame) => [wordOf(frame), (frame.input as unknown[]).length, frame.stream_id]);
    expect(sent).toEqual([
      ["a1", 1, "lane-1"],
      ["a2", 1, "lane-1"],
      ["b1", 1, "lane-2"],
      ["b1", 1, "lane-1"],
      ["b2", 1, "lane-1"],
      ["a3", 5, "lane-1"],
    ]);
    expect(a.cache.whole).toMatchObject({ first_request: 1, new_connection: 1 });
  });

  it("answers waiting lanes in order, and a waiting one can be aborted", async () => {
    const { server, answered } = await serverOf(1);
    const waiting: number[] = [];
    const { session } = openSession(server.url, {
      carrier: "websocket",
      maxConnections: 1,
      telemetry: { onCallWait: ({ ahead }) => void waiting.push(ahead) },
    });
    for (const word of ["first", "second"])
      await (await session.lane().stream({ model: "m", input: [user(word)] })).collect();
    const abort = new AbortController();
    const calls = Array.from({ length: 6 }, (_, at) =>
      session
        .lane()
        .stream({ model: "m", input: [user(`n${at}`)] }, at === 3 ? { signal: abort.signal } : {})
        .then((stream) => stream.collect()),
    );
    const ended = Promise.allSettled(calls);
    await calls[0];
    abort.abort("enough");
    const results = await ended;
    expect(results.map(({ status }) => status)).toEqual(
      [0, 1, 2, 3, 4, 5].map((at) => (at === 3 ? "rejected" : "fulfilled")),
    );
    expect(results[3]).toMatchObject({ reason: { kind: "aborted", cause: "enough" } });
    expect(answered).toEqual(["first", "second", "n0", "n1", "n2", "n4", "n5"]);
    expect(waiting.length).toBeGreaterThan(0);
  });

  it("lets a lane that shares a name be prewarmed", async () => {
    const { server, answered } = await serverOf(1);
    const { session } = openSession(server.url, { carrier: "websocket", maxConnections: 1 });
    await (await session.lane().stream({ model: "m", input: [user("one")] })).collect();
    const lane = session.lane();
    await lane.prewarm({ model: "m", input: [user("warm")] });
    expect(answered).toEqual(["one", "warm"]);
    expect(server.frames.at(-1)).toMatchObject({ stream_id: "lane-1", generate: false });
  });
});
