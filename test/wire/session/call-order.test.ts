import { describe, expect, it } from "vitest";
import type { ResponseStream } from "../../../src/api/responses/stream.ts";
import type { RecordedRequest, Step } from "../../../src/emulator/index.ts";
import { emulate, readEvents, textOf } from "../../support/clients.ts";
import { errorOf } from "../../support/transport.ts";
import {
  answerTo,
  asking,
  bodiesAt,
  carriers,
  endless,
  goOn,
  handshakesAt,
  kindsOf,
  openSession,
  run,
  wire,
} from "./support.ts";

/** A script in which the answer to "one" never ends. */
function stallingOne(request: RecordedRequest): Step | undefined {
  return JSON.stringify(request.json ?? "").includes("repeat: one") ? endless : undefined;
}

describe.each(carriers)("calls of one session, over %s", (carrier) => {
  it("are answered one at a time, in the order they were made", async () => {
    const emulator = await emulate({ script: stallingOne });
    const { session } = openSession(emulator.url, { carrier });
    const first = await session.stream(asking("one"));
    let isOpen = false;
    const second = session.stream(asking("two")).then((stream) => {
      isOpen = true;
      return stream.collect();
    });
    const third = answerTo(session, asking("three"));
    for await (const event of first) if (event.type === "output_text.delta") break;
    expect(isOpen).toBe(false);
    expect([(await second).text, (await third).text]).toEqual(["two", "three"]);
    expect(bodiesAt(emulator).map(({ input }) => JSON.stringify(input).match(/repeat: (\w+)/)?.[1])).toEqual([
      "one",
      "two",
      "three",
    ]);
  });

  it("an abandoned stream closes its connection, and the next request is sent whole (parity: stream/leaving-cancels)", async () => {
    const emulator = await emulate({ script: [{}, endless] });
    const { session } = openSession(emulator.url, { carrier });
    const history: ReturnType<typeof asking>["input"] = [];
    await goOn(session, history, "one");
    for await (const event of await session.stream(asking("two", history))) if (event.type === "created") break;
    await (carrier === "http" ? emulator.waitForClosedResponses(2) : emulator.waitForClosedWebSockets(1));
    expect((await goOn(session, history, "three")).text).toBe("three");
    expect(bodiesAt(emulator)[2]).not.toHaveProperty("previous_response_id");
    expect(session.carrier).toBe(carrier);
  });

  it("one that waits for its turn can be aborted; those after it move up", async () => {
    const emulator = await emulate({ script: stallingOne });
    const { session } = openSession(emulator.url, { carrier });
    const first = await session.stream(asking("one"));
    const abort = new AbortController();
    const second = run(session, asking("two"), { signal: abort.signal });
    const third = answerTo(session, asking("three"));
    abort.abort("enough");
    expect((await second).error).toMatchObject({ kind: "aborted", cause: "enough" });
    await first.close();
    expect((await third).text).toBe("three");
    expect(bodiesAt(emulator)).toHaveLength(2);
  });

  it("one that streams can be aborted at once, and the session continues", async () => {
    const emulator = await emulate({ script: stallingOne });
    const { session } = openSession(emulator.url, { carrier });
    const abort = new AbortController();
    const stream = await session.stream(asking("one"), { signal: abort.signal });
    const reading = readEvents(stream);
    await emulator.nextRequest();
    abort.abort("enough");
    expect((await reading).error).toMatchObject({ kind: "aborted", cause: "enough" });
    expect((await answerTo(session, asking("two"))).text).toBe("two");
  });

  it("one that nobody reads can be aborted, and the next one begins", async () => {
    const emulator = await emulate({ script: stallingOne });
    const { session } = openSession(emulator.url, { carrier });
    const abort = new AbortController();
    const stream = await session.stream(asking("one"), { signal: abort.signal });
    abort.abort();
    expect((await answerTo(session, asking("two"))).text).toBe("two");
    expect((await readEvents(stream)).error).toMatchObject({ kind: "aborted" });
    expect((await answerTo(session, asking("three"))).text).toBe("three");
    if (carrier === "websocket") expect(handshakesAt(emulator)).toHaveLength(2);
  });

  it("an abort ends the wait before a retry at once, before the stream is open", async () => {
    const emulator = await emulate({ script: [{ events: [wire.failed({})] }] });
    const abort = new AbortController();
    const { session } = openSession(
      emulator.url,
      { carrier, telemetry: { onRetry: () => setImmediate(() => abort.abort("enough")) } },
      { retry: { baseDelayMs: 600_000 } },
    );
    const { error } = await run(session, asking("one"), { signal: abort.signal });
    expect(error).toMatchObject({ kind: "aborted", cause: "enough" });
    expect((await answerTo(session, asking("two"))).text).toBe("two");
  });

  it("an abort between restarted and the retry is an aborted error", async () => {
    const emulator = await emulate({ script: [{ events: [wire.created], endAfterEvents: 1 }] });
    const abort = new AbortController();
    const { session } = openSession(emulator.url, { carrier }, { retry: { baseDelayMs: 600_000 } });
    const stream = await session.stream(asking("one"), { signal: abort.signal });
    const events = stream[Symbol.asyncIterator]();
    for (let step = await events.next(); step.value?.type !== "restarted"; ) step = await events.next();
    abort.abort();
    await expect(events.next()).rejects.toMatchObject({ kind: "aborted" });
    expect(await events.next()).toMatchObject({ done: true });
    expect((await answerTo(session, asking("two"))).text).toBe("two");
  });

  it("closing a stream during the wait before a retry ends it, and the next one begins", async () => {
    const emulator = await emulate({ script: [{ events: [wire.created], endAfterEvents: 1 }] });
    const { session } = openSession(emulator.url, { carrier }, { retry: { baseDelayMs: 600_000 } });
    const stream = await session.stream(asking("one"));
    const events = stream[Symbol.asyncIterator]();
    for (let step = await events.next(); step.value?.type !== "restarted"; ) step = await events.next();
    const ended = errorOf(events.next());
    await stream.close();
    expect(await ended).toMatchObject({ kind: "aborted", cause: "the stream was closed" });
    expect((await answerTo(session, asking("two"))).text).toBe("two");
    expect(bodiesAt(emulator)).toHaveLength(2);
  });

  it("several events can be requested at once, even across a restart", async () => {
    const emulator = await emulate({ script: [{ events: [wire.created], endAfterEvents: 1 }], rateLimits: false });
    const { session } = openSession(emulator.url, { carrier });
    const events = (await session.stream(asking("one")))[Symbol.asyncIterator]();
    const steps = await Promise.all(Array.from({ length: 40 }, () => events.next()));
    const seen = steps.flatMap(({ value }) => (value ? [value] : []));
    expect(seen.findIndex(({ type }) => type === "restarted")).toBeLessThan(
      seen.findLastIndex(({ type }) => type === "created"),
    );
    expect(textOf(seen)).toBe("one");
    expect(seen.at(-1)).toMatchObject({ type: "completed" });
  });

  it("close() ends the one that streams and those that wait, and is final", async () => {
    const emulator = await emulate({ script: stallingOne });
    const { session } = openSession(emulator.url, { carrier });
    const reading = readEvents(await session.stream(asking("one")));
    const waiting = run(session, asking("two"));
    await session.close();
    expect((await reading).error).toMatchObject({ kind: "aborted", cause: { message: "the session was closed" } });
    expect((await waiting).error).toMatchObject({ kind: "aborted" });
    expect((await run(session, asking("three"))).error).toMatchObject({ kind: "build" });
    await session.close();
    await (carrier === "http" ? emulator.waitForClosedResponses(1) : emulator.waitForClosedWebSockets(1));
    expect(bodiesAt(emulator)).toHaveLength(1);
  });

  it("close() ends streams that nobody reads", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url, { carrier: "websocket" });
    await answerTo(session, asking("two"));
    await session.close();
    await emulator.waitForClosedWebSockets(1);
  });

  it("a signal that has already fired sends nothing", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url, { carrier });
    const { error } = await run(session, asking("one"), { signal: AbortSignal.abort("no") });
    expect(error).toMatchObject({ kind: "aborted", cause: "no" });
    expect(emulator.requests).toEqual([]);
  });

  it("one that is aborted immediately sends nothing, and the next one begins", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url, { carrier });
    const abort = new AbortController();
    const first = run(session, asking("one"), { signal: abort.signal });
    abort.abort("enough");
    expect((await first).error).toMatchObject({ kind: "aborted", cause: "enough" });
    expect((await answerTo(session, asking("two"))).text).toBe("two");
    expect(bodiesAt(emulator)).toHaveLength(1);
  });

  it("after a request that cannot be built the next one begins", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url, { carrier });
    const cyclic: Record<string, unknown> = { type: "new_kind" };
    cyclic.self = cyclic;
    for (const input of [[null], [cyclic], 7]) {
      const { error } = await run(session, { model: "m", input: input as never });
      expect(error).toMatchObject({ kind: "build" });
    }
    expect((await answerTo(session, asking("two"))).text).toBe("two");
    expect(bodiesAt(emulator)).toHaveLength(1);
  });

  it("an abort after an unnoticed break of the stream is an aborted error, without a retry", async () => {
    const emulator = await emulate({ script: [{ events: [wire.created], terminateAfterEvents: 1 }] });
    const notices: unknown[] = [];
    const abort = new AbortController();
    let stream: ResponseStream | undefined;
    await new Promise<void>((resolve) => {
      const telemetry = {
        onRetry: (notice: unknown) => void notices.push(notice),
        onStreamPoll: ({ error }: { readonly error?: unknown }) => void (error && resolve()),
      };
      const { session } = openSession(emulator.url, { carrier, telemetry });
      void session.stream(asking("one"), { signal: abort.signal }).then((opened) => {
        stream = opened;
      });
    });
    abort.abort("enough");
    const { events, error } = await readEvents(stream as ResponseStream);
    expect(error).toMatchObject({ kind: "aborted", cause: "enough" });
    expect(events.map(({ type }) => type)).not.toContain("restarted");
    expect(notices).toEqual([]);
  });

  it("an abort is an aborted error, whatever the auth provider throws", async () => {
    const emulator = await emulate();
    const abort = new AbortController();
    const bearerToken = () =>
      new Promise<string>((_resolve, reject) => {
        abort.signal.addEventListener("abort", () => reject(new TypeError("its own fetch failed")));
        setImmediate(() => abort.abort("enough"));
      });
    const { session } = openSession(emulator.url, { carrier, auth: { bearerToken } });
    const { error } = await run(session, asking("one"), { signal: abort.signal });
    expect(error).toMatchObject({ kind: "aborted", cause: "enough" });
  });

  it("a failure of the auth provider is the call's error, and the next call begins", async () => {
    const emulator = await emulate();
    let asked = 0;
    const auth = {
      bearerToken: () => {
        asked += 1;
        if (asked === 1) throw new TypeError("no token");
        return "token";
      },
    };
    const { session } = openSession(emulator.url, { carrier, auth });
    expect((await run(session, asking("one"))).error).toBeInstanceOf(TypeError);
    expect((await answerTo(session, asking("two"))).text).toBe("two");
  });
});

describe("leaving while the connection is being opened", () => {
  it("an abort ends the handshake, and the next call opens its own", async () => {
    const emulator = await emulate({ script: [{ refuse: "stall" }] });
    const abort = new AbortController();
    const { session } = openSession(emulator.url);
    const opening = run(session, asking("one"), { signal: abort.signal });
    await emulator.nextRequest();
    abort.abort();
    expect((await opening).error).toMatchObject({ kind: "aborted" });
    expect((await answerTo(session, asking("two"))).text).toBe("two");
    expect(session.carrier).toBe("websocket");
    expect(kindsOf(emulator)).toEqual(["handshake", "handshake", "frame"]);
  });

  it("prewarm and preconnect can be aborted", async () => {
    const emulator = await emulate({ script: [{ refuse: "stall" }, { refuse: "stall" }] });
    const { session } = openSession(emulator.url);
    for (const prepare of ["preconnect", "prewarm"] as const) {
      const abort = new AbortController();
      const { signal } = abort;
      const preparing =
        prepare === "prewarm" ? session.prewarm(asking("one"), { signal }) : session.preconnect({ signal });
      await emulator.nextRequest();
      abort.abort();
      await expect(preparing).rejects.toMatchObject({ kind: "aborted" });
    }
    expect(session.carrier).toBe("websocket");
  });
});
