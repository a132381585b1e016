import { describe, expect, it } from "vitest";
import type { SessionLane } from "../../../../src/api/session/lanes/lane.ts";
import { NetworkError } from "../../../../src/client/failure/kinds.ts";
import type { RecordedRequest } from "../../../../src/emulator/index.ts";
import { emulate, readEvents } from "../../../support/clients.ts";
import { serveWebSocket } from "../../websocket/plain-server.ts";
import { asking, handshakesAt, openSession, user, wire } from "../support.ts";
import { echo, namesAt } from "./support.ts";

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

describe("what goes wrong on a lane", () => {
  it("a refusal affects only that lane", async () => {
    const held = heldAnswer("here");
    const script = ({ json }: RecordedRequest) =>
      JSON.stringify(json ?? "").includes("stay") ? { events: held.events() } : undefined;
    const emulator = await emulate({ script });
    const { session } = openSession(emulator.url);
    const other = echo(session.lane("a"), [], "stay");
    const orphan = { type: "function_call_output", call_id: "c", output: "" } as const;
    await expect((await session.lane("b").stream({ model: "m", input: [orphan] })).collect()).rejects.toMatchObject({
      kind: "invalid_request",
    });
    held.letGo();
    expect(await other).toBe("here");
    expect(await echo(session.lane("b"), [], "two")).toBe("two");
    expect(handshakesAt(emulator)).toHaveLength(1);
  });

  it("a failure is retried on the same connection, while other lanes continue", async () => {
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
    const other = echo(session.lane("a"), [], "stay");
    expect(await echo(session.lane("b"), [], "fail")).toBe("fail");
    expect(await other).toBe("here");
    expect(notices).toMatchObject([{ retry: 1, layer: "stream" }]);
    expect(handshakesAt(emulator)).toHaveLength(1);
    expect(new Set(namesAt(emulator))).toEqual(new Set(["lane-1", "lane-2"])); // it is over on its lane
  });

  it("the end of the connection is an error of each lane, and all continue on one new connection", async () => {
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

  it("readers who leave end the connection where lanes take turns: that costs those who wait no retry", async () => {
    const server = await serveWebSocket(({ input }, tell) => {
      tell(wire.created);
      tell(wire.delta("a"));
      if (JSON.stringify(input).includes("waits")) tell(wire.completed());
    });
    const limits = { webSocketLimits: { lanes: false }, maxStreamRetries: 0 };
    const { session, notices } = openSession(server.url, { carrier: "websocket", maxConnections: 1 }, limits);
    const leave = async (lane: SessionLane) => {
      for await (const event of await lane.stream(asking("leaves"))) if (event.type === "output_text.delta") break;
    };
    const leaving = ["a", "b", "c"].map((name) => leave(session.lane(name)));
    const waiting = echo(session.lane("d"), [], "waits");
    const warming = session.lane("e").prewarm({ model: "m", input: [user("waits")] });
    await Promise.all(leaving);
    expect(await waiting).toBe("a");
    await warming;
    expect(server.sockets).toHaveLength(4);
    expect(new Set(notices.map(({ retry }) => retry))).toEqual(new Set([0]));
  });

  it("a connection that cannot be opened is an error of each lane", async () => {
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

  it("a fork cannot have the name of an open lane", async () => {
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

  it("leaving one ends no other, and its lane continues under another name", async () => {
    const emulator = await emulate({ pace: { delayMsPerWord: 20 } });
    const { session } = openSession(emulator.url);
    const [a, b] = [session.lane("a"), session.lane("b")];
    const reading = echo(b, [], "one two three four five six seven eight nine ten");
    for await (const event of await a.stream({ model: "m", input: "count to 500" })) {
      if (event.type === "output_text.delta") break;
    }
    expect(await echo(a, [], "on")).toBe("on");
    expect(await reading).toBe("one two three four five six seven eight nine ten");
    expect(handshakesAt(emulator)).toHaveLength(1);
    expect(namesAt(emulator).at(-1)).toBe("lane-3");
  });

  it("leaving the last one that is read closes the connection, although others continue unread", async () => {
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

  it("a slow reader does not slow down others", async () => {
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
    for (const text of ["one", "two", "three"]) expect(await echo(session.lane("quick"), [], text)).toBe(text);
    let deltas = 0;
    for (let step = await iterator.next(); !step.done; step = await iterator.next())
      if (step.value.type === "output_text.delta") deltas += 1;
    expect(deltas).toBe(300);
    expect(handshakesAt(emulator)).toHaveLength(1);
  });

  it("above the limit only the slow reader's lane fails", async () => {
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
