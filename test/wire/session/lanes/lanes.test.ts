import { describe, expect, it } from "vitest";
import type { ResponseItem } from "../../../../src/api/wire/items.ts";
import { emulate, readEvents } from "../../../support/clients.ts";
import { asking, bodiesAt, handshakesAt, openSession } from "../support.ts";
import { echo, namesAt, SLOW, type Speaker } from "./support.ts";

describe("lanes of a session", () => {
  it("run at the same time on one WebSocket, each with its own history and increments", async () => {
    const emulator = await emulate({ pace: SLOW });
    const { session } = openSession(emulator.url);
    const speakers: Speaker[] = [session, session.lane("a"), session.lane("b"), session.lane()];
    const histories: ResponseItem[][] = speakers.map(() => []);
    for (const round of ["one", "two", "three"]) {
      const turns = speakers.map((speaker, at) => echo(speaker, histories[at] ?? [], `${round} ${at}`));
      expect(await Promise.all(turns)).toEqual(speakers.map((_, at) => `${round} ${at}`));
    }
    expect(handshakesAt(emulator)).toHaveLength(1);
    expect(new Set(namesAt(emulator))).toEqual(new Set([undefined, "lane-1", "lane-2", "lane-3"]));
    const later = bodiesAt(emulator).slice(4);
    expect(later.map(({ input }) => input.length)).toEqual(later.map(() => 1));
    expect(later.every(({ previous_response_id }) => typeof previous_response_id === "string")).toBe(true);
  });

  it("interleave: a slow one does not delay others", async () => {
    const emulator = await emulate({ pace: { delayMsPerWord: 20 } });
    const { session } = openSession(emulator.url);
    const slow = await session.lane("slow").stream({ model: "m", input: "count to 500" });
    const reading = readEvents(slow);
    expect(await echo(session.lane("quick"), [], "two")).toBe("two");
    expect(await echo(session, [], "three")).toBe("three");
    await slow.interrupt();
    expect((await reading).events.at(-1)).toMatchObject({ type: "incomplete", reason: "interrupted" });
    expect(handshakesAt(emulator)).toHaveLength(1);
  });

  it("each have their own turn state and cache key", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url);
    const lane = session.lane("a");
    await echo(session, [], "one");
    await echo(lane, [], "two");
    const keys = bodiesAt(emulator).map((body) => body.prompt_cache_key);
    expect(keys).toEqual([session.conversationId, lane.conversationId]);
    expect(keys[0]).not.toBe(keys[1]);
  });

  it("a name gives the open lane of that name; after close() a new one, under the same name on the wire", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url);
    const lane = session.lane("a");
    expect(session.lane("a")).toBe(lane);
    await echo(lane, [], "one");
    await lane.close();
    await expect(lane.stream(asking("two"))).rejects.toMatchObject({ kind: "build" });
    const next = session.lane("a");
    expect(next).not.toBe(lane);
    await echo(next, [], "two");
    expect(namesAt(emulator)).toEqual(["lane-1", "lane-1"]);
  });

  it("more than 32 lanes one after the other need no second connection", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url);
    for (let count = 0; count < 40; count += 1) {
      const lane = session.lane();
      expect(await echo(lane, [], `n${count}`)).toBe(`n${count}`);
      await lane.close();
    }
    expect(handshakesAt(emulator)).toHaveLength(1);
  });

  it("the 33rd open lane is a limit error on one connection, and otherwise opens another connection", async () => {
    const emulator = await emulate();
    const one = openSession(emulator.url, { maxConnections: 1 }).session;
    for (let count = 0; count < 32; count += 1) await echo(one.lane(), [], "x");
    await expect(one.lane().stream(asking("y"))).rejects.toMatchObject({
      kind: "limit",
      what: "open lanes",
      limit: 32,
    });
    expect(await echo(one, [], "main")).toBe("main");
    const two = openSession(emulator.url, { maxConnections: 2 }).session;
    const texts = await Promise.all(Array.from({ length: 33 }, (_, at) => echo(two.lane(), [], `z${at}`)));
    expect(texts).toEqual(Array.from({ length: 33 }, (_, at) => `z${at}`));
    expect(handshakesAt(emulator)).toHaveLength(3);
  });

  it("more at once than fit on one connection open their connections at the same time", async () => {
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
    await Promise.all(lanes.map((lane, at) => echo(lane, [], `n${at}`)));
    expect(handshakesAt(emulator)).toHaveLength(3);
    await echo(session.lane(), [], "one more");
    expect(handshakesAt(emulator)).toHaveLength(3);
  });

  it("on one connection 16 are answered at a time, and the rest in order", async () => {
    const emulator = await emulate({ pace: { firstTokenMs: 20, delayMsPerWord: 0 } });
    const waits: number[] = [];
    const { session } = openSession(emulator.url, {
      maxConnections: 1,
      telemetry: { onCallWait: ({ ahead }) => void waits.push(ahead) },
    });
    await echo(session.lane("first"), [], "warm"); // by then it is known that names are repeated
    const texts = await Promise.all(Array.from({ length: 20 }, (_, at) => echo(session.lane(), [], `n${at}`)));
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
    await echo(session.lane(), [], "warm");
    for (let count = 0; count < 16; count += 1) void readEvents(await session.lane().stream(asking("never")));
    const abort = new AbortController();
    const waiting = session.lane().stream(asking("late"), { signal: abort.signal });
    await inLine;
    abort.abort("enough");
    await expect(waiting).rejects.toMatchObject({ kind: "aborted", cause: "enough" });
    expect(handshakesAt(emulator)).toHaveLength(1);
  });
});

describe("lanes over HTTP", () => {
  it("run at the same time, each with whole requests", async () => {
    const emulator = await emulate({ pace: SLOW });
    const { session } = openSession(emulator.url, { carrier: "http" });
    const texts = ["one", "two", "three"];
    expect(await Promise.all(texts.map((text) => echo(session.lane(), [], text)))).toEqual(texts);
    expect(session.lane().carrier).toBe("http");
  });

  it("the fallback of one lane applies to all", async () => {
    const emulator = await emulate({ script: [{ refuse: { status: 404 } }] });
    const { session } = openSession(emulator.url);
    expect(await echo(session.lane(), [], "one")).toBe("one");
    expect([session.carrier, session.lane().carrier]).toEqual(["http", "http"]);
  });
});
