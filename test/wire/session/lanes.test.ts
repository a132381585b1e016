import { describe, expect, it } from "vitest";
import type { ResponseEvent } from "../../../src/api/responses/events/types.ts";
import type { ResponsesSession } from "../../../src/api/session/session.ts";
import type { ResponseItem } from "../../../src/api/wire/items.ts";
import { NetworkError } from "../../../src/client/failure/kinds.ts";
import type { Emulator, RecordedRequest } from "../../../src/emulator/index.ts";
import { emulate, readEvents } from "../../support/clients.ts";
import { serveWebSocket } from "../websocket/plain-server.ts";
import { asking, bodiesAt, handshakesAt, openSession, user, wire } from "./support.ts";

const SLOW = { delayMsPerWord: 5 };
type Speaker = Pick<ResponsesSession, "stream">;

/** The next turn of a conversation. */
async function say(speaker: Speaker, history: ResponseItem[], text: string) {
  history.push(user(`repeat: ${text}`));
  const answer = await (await speaker.stream({ model: "m", input: history })).collect();
  history.push(...answer.items);
  return answer.text;
}

function namesAt(emulator: Emulator) {
  return bodiesAt(emulator).map((body) => body.stream_id);
}

/** An answer of one word that does not come before it is let go. */
function heldAnswer(word: string) {
  let letGo = (): void => {};
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const events = async function* () {
    yield wire.created;
    await gate;
    yield* [wire.delta(word), wire.completed("resp_held")];
  };
  return { events, letGo };
}

describe("lanes of a session", () => {
  it("run at the same time on one WebSocket, each with its own history and increments", async () => {
    const emulator = await emulate({ pace: SLOW });
    const { session } = openSession(emulator.url);
    const speakers: Speaker[] = [session, session.lane("a"), session.lane("b"), session.lane()];
    const histories: ResponseItem[][] = speakers.map(() => []);
    for (const round of ["one", "two", "three"]) {
      const turns = speakers.map((speaker, at) => say(speaker, histories[at] ?? [], `${round} ${at}`));
      expect(await Promise.all(turns)).toEqual(speakers.map((_, at) => `${round} ${at}`));
    }
    expect(handshakesAt(emulator)).toHaveLength(1);
    expect(new Set(namesAt(emulator))).toEqual(new Set([undefined, "lane-1", "lane-2", "lane-3"]));
    const later = bodiesAt(emulator).slice(4);
    expect(later.map(({ input }) => input.length)).toEqual(later.map(() => 1));
    expect(later.every(({ previous_response_id }) => typeof previous_response_id === "string")).toBe(true);
  });

  it("interleave: one that is slow keeps nobody waiting", async () => {
    const emulator = await emulate({ pace: { delayMsPerWord: 20 } });
    const { session } = openSession(emulator.url);
    const slow = await session.lane("slow").stream({ model: "m", input: "count to 500" });
    const reading = readEvents(slow);
    expect(await say(session.lane("quick"), [], "two")).toBe("two");
    expect(await say(session, [], "three")).toBe("three");
    await slow.interrupt();
    expect((await reading).events.at(-1)).toMatchObject({ type: "incomplete", reason: "interrupted" });
    expect(handshakesAt(emulator)).toHaveLength(1);
  });

  it("each have a turn state and a cache key of their own", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url);
    const lane = session.lane("a");
    await say(session, [], "one");
    await say(lane, [], "two");
    const keys = bodiesAt(emulator).map((body) => body.prompt_cache_key);
    expect(keys).toEqual([session.conversationId, lane.conversationId]);
    expect(keys[0]).not.toBe(keys[1]);
  });

  it("a name gives the open lane of that name; after close() a new one, under the same name on the wire", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url);
    const lane = session.lane("a");
    expect(session.lane("a")).toBe(lane);
    await say(lane, [], "one");
    await lane.close();
    await expect(lane.stream(asking("two"))).rejects.toMatchObject({ kind: "build" });
    const next = session.lane("a");
    expect(next).not.toBe(lane);
    await say(next, [], "two");
    expect(namesAt(emulator)).toEqual(["lane-1", "lane-1"]);
  });

  it("more than 32 lanes after each other need no second connection", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url);
    for (let count = 0; count < 40; count += 1) {
      const lane = session.lane();
      expect(await say(lane, [], `n${count}`)).toBe(`n${count}`);
      await lane.close();
    }
    expect(handshakesAt(emulator)).toHaveLength(1);
  });

  it("the 33rd open lane is a limit error on one connection, and opens another where it may", async () => {
    const emulator = await emulate();
    const one = openSession(emulator.url, { maxConnections: 1 }).session;
    for (let count = 0; count < 32; count += 1) await say(one.lane(), [], "x");
    await expect(one.lane().stream(asking("y"))).rejects.toMatchObject({
      kind: "limit",
      what: "open lanes",
      limit: 32,
    });
    expect(await say(one, [], "main")).toBe("main");
    const two = openSession(emulator.url, { maxConnections: 2 }).session;
    const texts = await Promise.all(Array.from({ length: 33 }, (_, at) => say(two.lane(), [], `z${at}`)));
    expect(texts).toEqual(Array.from({ length: 33 }, (_, at) => `z${at}`));
    expect(handshakesAt(emulator)).toHaveLength(3);
  });

  it("more at once than one connection has room for have their connections opened side by side", async () => {
    const emulator = await emulate();
    let asked = 0;
    let isAskedThrice = () => {};
    const askedThrice = new Promise<void>((resolve) => {
      isAskedThrice = resolve;
    });
    const bearerToken = async () => {
      asked += 1;
      if (asked === 3) isAskedThrice();
      await askedThrice; // no handshake goes on before all three are under way
      return "key";
    };
    const { session } = openSession(emulator.url, { auth: { bearerToken } });
    const lanes = Array.from({ length: 40 }, () => session.lane());
    await Promise.all(lanes.map((lane, at) => say(lane, [], `n${at}`)));
    expect(handshakesAt(emulator)).toHaveLength(3);
    await say(session.lane(), [], "one more");
    expect(handshakesAt(emulator)).toHaveLength(3);
  });

  it("on one connection 16 are answered at a time, and the rest in the order in which they came", async () => {
    const emulator = await emulate({ pace: { firstTokenMs: 20, delayMsPerWord: 0 } });
    const waits: number[] = [];
    const { session } = openSession(emulator.url, {
      maxConnections: 1,
      telemetry: { onCallWait: ({ ahead }) => void waits.push(ahead) },
    });
    await say(session.lane("first"), [], "warm"); // by then it is known that names are repeated
    const texts = await Promise.all(Array.from({ length: 20 }, (_, at) => say(session.lane(), [], `n${at}`)));
    expect(texts).toEqual(Array.from({ length: 20 }, (_, at) => `n${at}`));
    expect(waits).toEqual([16, 17, 18, 19]);
    const order = bodiesAt(emulator).slice(1);
    expect(order.map(({ input }) => JSON.stringify(input).match(/n\d+/)?.[0])).toEqual(texts);
  });

  it("one that waits for room can be aborted at once", async () => {
    const emulator = await emulate({ pace: { firstTokenMs: 60_000, delayMsPerWord: 0 }, script: [{ pace: SLOW }] });
    let isInLine = () => {};
    const inLine = new Promise<void>((resolve) => {
      isInLine = resolve;
    });
    const telemetry = { onCallWait: () => isInLine() };
    const { session } = openSession(emulator.url, { maxConnections: 1, telemetry });
    await say(session.lane(), [], "warm");
    for (let count = 0; count < 16; count += 1) void readEvents(await session.lane().stream(asking("never")));
    const abort = new AbortController();
    const waiting = session.lane().stream(asking("late"), { signal: abort.signal });
    await inLine;
    abort.abort("enough");
    await expect(waiting).rejects.toMatchObject({ kind: "aborted", cause: "enough" });
    expect(handshakesAt(emulator)).toHaveLength(1);
  });
});

describe("a request that is aborted before it is sent", () => {
  /** A session whose one connection is full: what is asked on it waits. */
  async function fullConnection() {
    const emulator = await emulate({ pace: { firstTokenMs: 60_000, delayMsPerWord: 0 }, script: [{ pace: SLOW }] });
    const waiting: (() => void)[] = [];
    const telemetry = { onCallWait: () => waiting.shift()?.() };
    const { session } = openSession(emulator.url, { maxConnections: 1, telemetry }, { supportsInterrupt: true });
    const lane = session.lane("waits");
    const history = [user("repeat: one")];
    const first = await (await lane.stream({ model: "m", input: history })).collect();
    history.push(...first.items);
    const fill = async () => {
      const others = Array.from({ length: 16 }, () => session.lane().stream(asking("never")));
      const streams = await Promise.all(others);
      return async () => void (await Promise.all(streams.map((stream) => stream.interrupt())));
    };
    const abortInLine = async (speaker: Speaker, text: string) => {
      const inLine = new Promise<void>((resolve) => void waiting.push(resolve));
      const abort = new AbortController();
      const { signal } = abort;
      const call = speaker.stream.call(speaker, { model: "m", input: [...history, user(text)] }, { signal });
      await inLine;
      abort.abort("never mind");
      await expect(call).rejects.toMatchObject({ kind: "aborted", cause: "never mind" });
    };
    /** What goes out for the next turn. */
    const next = async (speaker: Speaker) => {
      const stream = await speaker.stream({ model: "m", input: [...history, user("repeat: two")] });
      await stream.interrupt();
      return bodiesAt(emulator)
        .filter((body) => body.type === "response.create")
        .at(-1);
    };
    return { lane, responseId: first.responseId, fill, abortInLine, next };
  }

  it("costs its lane no increment: the next one goes on from the last response", async () => {
    const { lane, responseId, fill, abortInLine, next } = await fullConnection();
    const end = await fill();
    await abortInLine(lane, "never sent");
    await end();
    const body = await next(lane);
    expect(body).toMatchObject({ previous_response_id: responseId, input: [user("repeat: two")] });
  });

  it("leaves its forks and those who fork what they go on from", async () => {
    const { lane, responseId, fill, abortInLine, next } = await fullConnection();
    const before = lane.fork("before");
    const end = await fill();
    await abortInLine(before, "never sent");
    await abortInLine(lane, "never sent");
    await end();
    for (const speaker of [before, lane.fork("after"), lane])
      expect(await next(speaker)).toMatchObject({ previous_response_id: responseId, input: [user("repeat: two")] });
  });
});

describe("what goes wrong on a lane", () => {
  it("a refusal stays in it", async () => {
    const held = heldAnswer("here");
    const script = ({ json }: RecordedRequest) =>
      JSON.stringify(json ?? "").includes("stay") ? { events: held.events() } : undefined;
    const emulator = await emulate({ script });
    const { session } = openSession(emulator.url);
    const other = say(session.lane("a"), [], "stay");
    const orphan = { type: "function_call_output", call_id: "c", output: "" } as const;
    await expect((await session.lane("b").stream({ model: "m", input: [orphan] })).collect()).rejects.toMatchObject({
      kind: "invalid_request",
    });
    held.letGo();
    expect(await other).toBe("here");
    expect(await say(session.lane("b"), [], "two")).toBe("two");
    expect(handshakesAt(emulator)).toHaveLength(1);
  });

  it("a failure that is tried again is tried again on the same connection, beside the others", async () => {
    const held = heldAnswer("here");
    let failures = 0;
    const emulator = await emulate({
      script: ({ json }) => {
        const asked = JSON.stringify(json ?? "");
        if (asked.includes("stay")) return { events: held.events() };
        if (!asked.includes("fail")) return undefined;
        failures += 1;
        if (failures === 1)
          return { events: [wire.created, wire.failed({ code: "server_error", message: "once more" })] };
        held.letGo();
        return undefined;
      },
    });
    const { session, notices } = openSession(emulator.url);
    const other = say(session.lane("a"), [], "stay");
    expect(await say(session.lane("b"), [], "fail")).toBe("fail");
    expect(await other).toBe("here");
    expect(notices).toMatchObject([{ retry: 1, layer: "stream" }]);
    expect(handshakesAt(emulator)).toHaveLength(1);
    expect(new Set(namesAt(emulator))).toEqual(new Set(["lane-1", "lane-2"])); // it is over on its lane
  });

  it("the end of the connection reaches all, each by an error of its own, and each goes on by itself on one new connection", async () => {
    const server = await serveWebSocket((frame, tell, socket) => {
      const { stream_id } = frame;
      const own = (event: object) => tell({ ...event, ...(stream_id !== undefined && { stream_id }) });
      own(wire.created);
      if (server.sockets.length > 1) {
        own(wire.delta(String(stream_id ?? "main")));
        own(wire.completed(`resp_${stream_id}`));
      } else if (server.frames.length === 3) socket.terminate();
    });
    const errors: unknown[] = [];
    const telemetry = { onRetry: ({ reason }: { readonly reason: unknown }) => void errors.push(reason) };
    const { session } = openSession(server.url, { telemetry });
    const lanes = [session, session.lane("a"), session.lane("b")];
    const answers = await Promise.all(lanes.map(async (lane) => readEvents(await lane.stream(asking("x")))));
    for (const { events, error } of answers) {
      expect(error).toBeUndefined();
      expect(events.map(({ type }) => type).slice(-2)).toEqual(["output_text.delta", "completed"]);
    }
    expect(errors).toHaveLength(3);
    expect(new Set(errors).size).toBe(3);
    expect(server.sockets).toHaveLength(2);
  });

  it("a connection that cannot be opened is an error of its own for each", async () => {
    const { session } = openSession("http://127.0.0.1:9/v1", { carrier: "websocket" });
    const lanes = [session, session.lane("a"), session.lane("b")];
    const errors = await Promise.all(lanes.map((lane) => lane.stream(asking("x")).catch((error: unknown) => error)));
    for (const error of errors) {
      expect(error).toMatchObject({ kind: "network", code: "ECONNREFUSED", partial: { text: "" } });
      expect(error).toBeInstanceOf(NetworkError);
      expect(String((error as Error).stack)).toContain("ECONNREFUSED");
    }
    expect(new Set(errors).size).toBe(3);
  });

  it("a fork takes no name of a lane that is open: each stays the session's to close", async () => {
    const server = await serveWebSocket(({ stream_id }, tell) => tell({ ...wire.created, stream_id }));
    const { session } = openSession(server.url);
    const lane = session.lane("a");
    const reading = readEvents(await lane.stream(asking("x")));
    expect(() => session.fork("a")).toThrow('lane "a" is open already');
    expect(session.lane("a")).toBe(lane);
    expect(session.lane("").name).toBe("1");
    expect(session.fork().name).toBe("2");
    await session.close();
    expect((await reading).error).toMatchObject({ kind: "aborted" });
  });

  it("leaving one ends no other, and its lane goes on under another name", async () => {
    const emulator = await emulate({ pace: { delayMsPerWord: 20 } });
    const { session } = openSession(emulator.url);
    const [a, b] = [session.lane("a"), session.lane("b")];
    const reading = say(b, [], "one two three four five six seven eight nine ten");
    for await (const event of await a.stream({ model: "m", input: "count to 500" })) {
      if (event.type === "output_text.delta") break;
    }
    expect(await say(a, [], "on")).toBe("on");
    expect(await reading).toBe("one two three four five six seven eight nine ten");
    expect(handshakesAt(emulator)).toHaveLength(1);
    expect(namesAt(emulator).at(-1)).toBe("lane-3");
  });

  it("leaving the last one that is read closes the connection, though others go on unread", async () => {
    const server = await serveWebSocket(({ stream_id }, tell) => tell({ ...wire.created, stream_id }));
    const { session } = openSession(server.url);
    const streams = [];
    for (const lane of [session.lane("a"), session.lane("b"), session]) {
      const events = (await lane.stream(asking("x")))[Symbol.asyncIterator]();
      expect((await events.next()).value).toMatchObject({ type: "created" });
      streams.push(events);
    }
    for (const events of streams) await events.return?.();
    await server.closed;
  });

  it("a slow reader holds nobody back", async () => {
    const flood = Array.from({ length: 300 }, () => wire.delta("x".repeat(10_000)));
    const emulator = await emulate({
      script: (request) =>
        JSON.stringify(request.json ?? "").includes("flood")
          ? { events: [wire.created, ...flood, wire.completed()] }
          : undefined,
    });
    const { session } = openSession(emulator.url);
    const flooded = await session.lane("slow").stream(asking("flood"));
    const iterator = flooded[Symbol.asyncIterator]();
    await iterator.next();
    for (const text of ["one", "two", "three"]) expect(await say(session.lane("quick"), [], text)).toBe(text);
    let deltas = 0;
    for (let step = await iterator.next(); !step.done; step = await iterator.next())
      if (step.value.type === "output_text.delta") deltas += 1;
    expect(deltas).toBe(300);
    expect(handshakesAt(emulator)).toHaveLength(1);
  });

  it("beyond the bound a slow reader's own lane fails, and nobody else's", async () => {
    const flood = Array.from({ length: 200 }, () => wire.delta("x".repeat(200_000)));
    const server = await serveWebSocket(({ input, stream_id }, tell) => {
      const text = JSON.stringify(input);
      const events = text.includes("flood") ? [wire.created, ...flood] : [wire.created];
      for (const event of events) tell({ ...event, stream_id });
      if (text.includes("flood"))
        for (const lane of ["lane-1", "lane-2"]) tell({ ...wire.completed(`resp_${lane}`), stream_id: lane });
    });
    const { session } = openSession(server.url);
    const other = readEvents(await session.lane("other").stream(asking("quick")));
    const flooded = await session.lane("slow").stream(asking("flood"));
    expect((await other).error).toBeUndefined();
    expect((await readEvents(flooded)).error).toMatchObject({ kind: "limit", what: "unread events", unit: "bytes" });
    expect(server.sockets[0]?.readyState).toBe(1);
  });
});

describe("a fork", () => {
  it("goes on from its source's last response without sending its history again, also where nothing is stored", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url);
    const source = session.lane("source");
    const history = [user("My cat is called Ada")];
    const { items, responseId } = await (await source.stream({ model: "m", input: history })).collect();
    history.push(...items);
    const forks = [source.fork("x"), source.fork(), session.lane("source").fork()];
    const texts = await Promise.all(
      forks.map(async (fork) => {
        const stream = await fork.stream({ model: "m", input: [...history, user("what did I say?")] });
        return (await stream.collect()).text;
      }),
    );
    for (const text of texts) expect(text).toContain("Ada");
    const sent = bodiesAt(emulator).slice(1);
    expect(sent).toHaveLength(3);
    for (const body of sent) {
      expect(body).toMatchObject({ previous_response_id: responseId });
      expect(body.input).toHaveLength(1);
    }
    expect(handshakesAt(emulator)).toHaveLength(1);
  });

  it("its source goes on when the fork has begun, and not before: the service keeps one response of a lane", async () => {
    const order: string[] = [];
    const server = await serveWebSocket(({ stream_id, previous_response_id }, tell) => {
      order.push(`${stream_id} ${previous_response_id ?? "whole"}`);
      const own = (event: object) => tell({ ...event, stream_id });
      own({ type: "response.created", response: { id: `resp_${order.length}` } });
      const finish = () => {
        order.push(`${stream_id} begins`);
        own({ type: "response.in_progress", response: {} });
        own(wire.completed(`resp_${order.length}`));
      };
      if (stream_id === "lane-2") setTimeout(finish, 50);
      else finish();
    });
    const { session } = openSession(server.url);
    const source = session.lane("source");
    const history = [user("one")];
    await (await source.stream({ model: "m", input: history })).collect();
    const fork = source.fork();
    const branch = fork.stream({ model: "m", input: [...history, user("two")] }).then((stream) => stream.collect());
    await new Promise(setImmediate);
    await (await source.stream({ model: "m", input: [...history, user("three")] })).collect();
    await branch;
    expect(order).toEqual([
      "lane-1 whole",
      "lane-1 begins",
      "lane-2 resp_2",
      "lane-2 begins",
      "lane-1 resp_2",
      "lane-1 begins",
    ]);
  });

  it("one that is sent after its source went on goes out as a whole, unless responses are stored", async () => {
    const emulator = await emulate();
    for (const store of [false, true]) {
      const { session, notices } = openSession(emulator.url);
      const source = session.lane("source");
      const history = [user("My cat is called Ada")];
      const { items } = await (await source.stream({ model: "m", store, input: history })).collect();
      history.push(...items);
      const fork = source.fork();
      await (await source.stream({ model: "m", store, input: [...history, user("repeat: x")] })).collect();
      const asked = { model: "m", store, input: [...history, user("what did I say?")] };
      expect((await (await fork.stream(asked)).collect()).text).toContain("Ada");
      expect(bodiesAt(emulator).at(-1)?.input).toHaveLength(store ? 1 : 3);
      expect(notices).toEqual([]);
    }
  });
});

describe("a server that does not repeat stream_id", () => {
  it("is noticed, and each lane gets a connection of its own: nothing is lost or mixed up", async () => {
    const server = await serveWebSocket(({ input }, tell) => {
      const text = JSON.stringify(input)
        .match(/repeat: (\w+)/g)
        ?.at(-1)
        ?.slice(8);
      for (const event of [wire.created, wire.delta(String(text)), wire.completed()]) tell(event);
    });
    const { session } = openSession(server.url);
    const lanes = [session.lane("a"), session.lane("b"), session.lane("c")];
    for (const round of ["one", "two"]) {
      const texts = await Promise.all(
        lanes.map(async (lane, at) => (await (await lane.stream(asking(`${round}${at}`))).collect()).text),
      );
      expect(texts).toEqual([`${round}0`, `${round}1`, `${round}2`]);
    }
    expect(server.sockets.length).toBeGreaterThan(1);
    expect(server.frames.slice(3).every((frame) => frame.stream_id === undefined)).toBe(true);
  });
});

describe("a server that answers at once without a name", () => {
  it("mixes nothing up: what it brought is thrown away, and each request is asked again on a connection of its own", async () => {
    const server = await serveWebSocket(({ input }, tell, socket) => {
      const word = (frame: unknown) => String(JSON.stringify(frame).match(/repeat: (\w+)/)?.[1]);
      const requests = server.frames.filter((_, at) => owners[at] === socket);
      owners.push(socket);
      tell(wire.created);
      if (server.sockets.length === 1) {
        if (requests.length === 1) for (const text of ["mixed", "up"]) tell(wire.delta(text));
      } else for (const event of [wire.delta(word(input)), wire.completed()]) tell(event);
    });
    const owners: unknown[] = [];
    const { session } = openSession(server.url);
    const main = session.stream(asking("one")).then(readEvents);
    await new Promise(setImmediate);
    const lane = session.lane("a").stream(asking("two")).then(readEvents);
    const answers = await Promise.all([main, lane]);
    for (const { error } of answers) expect(error).toBeUndefined();
    const words = answers.map(({ events }) =>
      events
        .slice(events.findLastIndex(({ type }) => type === "restarted") + 1)
        .flatMap((event) => (event.type === "output_text.delta" ? [event.delta] : [])),
    );
    expect(words).toEqual([["one"], ["two"]]);
    expect(JSON.stringify(answers)).not.toContain("mixed");
  });
});

describe("a server that answers a lane without a name, beside a response that had begun before", () => {
  it("gives none of the lane's words to the other one", async () => {
    const server = await serveWebSocket(({ input }, tell) => {
      const word = String(JSON.stringify(input).match(/repeat: (\w+)/)?.[1]);
      const id = `resp_${server.frames.length}`;
      tell({ type: "response.created", response: { id } });
      if (server.frames.length > 1) for (const event of [wire.delta(word), wire.completed(id)]) tell(event);
    });
    const { session } = openSession(server.url);
    const main = await session.stream(asking("one"));
    const read: ResponseEvent[] = [];
    let lane: ReturnType<typeof readEvents> | undefined;
    for await (const event of main) {
      read.push(event);
      if (event.type === "created") lane ??= session.lane("a").stream(asking("two")).then(readEvents);
    }
    const words = [read, (await lane)?.events ?? []].map((events) =>
      events.flatMap((event) => (event.type === "output_text.delta" ? [event.delta] : [])),
    );
    expect(words).toEqual([["one"], ["two"]]);
  });
});

describe("lanes over HTTP", () => {
  it("run at the same time, whole requests each", async () => {
    const emulator = await emulate({ pace: SLOW });
    const { session } = openSession(emulator.url, { carrier: "http" });
    const texts = ["one", "two", "three"];
    expect(await Promise.all(texts.map((text) => say(session.lane(), [], text)))).toEqual(texts);
    expect(session.lane().carrier).toBe("http");
  });

  it("one lane's fallback is everybody's", async () => {
    const emulator = await emulate({ script: [{ refuse: { status: 404 } }] });
    const { session } = openSession(emulator.url);
    expect(await say(session.lane(), [], "one")).toBe("one");
    expect([session.carrier, session.lane().carrier]).toEqual(["http", "http"]);
  });
});
