import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readEventStream } from "../../../../src/api/responses/event-stream.ts";
import type { ResponseEvent } from "../../../../src/api/responses/events/types.ts";
import { ResponseStream } from "../../../../src/api/responses/stream.ts";
import { NetworkError } from "../../../../src/client/failure/kinds.ts";
import { silentLogger } from "../../../../src/client/observe/log.ts";
import type { Telemetry } from "../../../../src/client/observe/telemetry.ts";
import type { ByteSink, ByteStream } from "../../../../src/client/transport.ts";

/** A body that the test sends. `isObedient`: it sends nothing while it is paused, as the connections of this package do. */
class SentBody implements ByteStream {
  readonly isObedient: boolean;
  isPaused = false;
  isCancelled = false;
  #sink: ByteSink | undefined;
  readonly #waiting: (() => void)[] = [];

  constructor(isObedient = true) {
    this.isObedient = isObedient;
  }

  send(bytes: Uint8Array): void {
    this.#do(() => this.#sink?.chunk(bytes));
  }

  end(): void {
    this.#do(() => this.#sink?.end());
  }

  breakOff(): void {
    this.#do(() => this.#sink?.fail(new NetworkError("broke off", { phase: "request" })));
  }

  pipe(sink: ByteSink): void {
    this.#sink = sink;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    while (!this.isPaused && this.#waiting.length > 0) this.#waiting.shift()?.();
  }

  cancel(): void {
    this.isCancelled = true;
  }

  #do(step: () => void): void {
    if (this.isPaused && this.isObedient) this.#waiting.push(step);
    else step();
  }
}

function open(body = new SentBody(), telemetry: Telemetry = {}) {
  const head = { status: 200, headers: { "content-type": "text/event-stream" } };
  const response = { ...head, url: "http://service/v1/responses", body, blank: (text: string) => text };
  const options = { idleTimeoutMs: 0, livenessTimeoutMs: 0, telemetry, logger: silentLogger };
  const flow = readEventStream(response, options);
  return { body, flow, stream: new ResponseStream(flow, head) };
}

const event = (fields: object) => Buffer.from(`data: ${JSON.stringify(fields)}\n\n`);
const delta = (text: string) => event({ type: "response.output_text.delta", delta: text });
const completed = event({ type: "response.completed", response: { id: "r" } });
/** More than needs to be decoded while the caller rests. */
const plenty = delta("a".repeat(20_000));

/** The text of the deltas, and how the loop ended. */
async function read(events: AsyncIterable<ResponseEvent>) {
  let text = "";
  try {
    for await (const each of events) if (each.type === "output_text.delta") text += each.delta;
  } catch (error) {
    return { text, error };
  }
  return { text };
}

describe("what arrives while the caller has enough to read", () => {
  it("is decoded once the caller has read that, with the body paused until then", async () => {
    const { body, flow, stream } = open();
    body.send(plenty);
    const read = flow.events.length;
    expect(body.isPaused).toBe(false);
    body.send(Buffer.concat([delta("b"), delta("c")]));
    expect([flow.events.length, body.isPaused]).toEqual([read, true]);
    const events = stream[Symbol.asyncIterator]();
    for (let left = read; left > 0; left -= 1) await events.next();
    await nextTurn();
    expect([flow.events.length, body.isPaused]).toEqual([2, false]);
    expect([await events.next(), await events.next()]).toMatchObject([
      { value: { delta: "b" } },
      { value: { delta: "c" } },
    ]);
  });

  it("is decoded as it comes up to then", () => {
    const { body, flow } = open();
    const before = flow.events.length;
    for (let sent = 0; sent < 15; sent += 1) body.send(delta("a".repeat(1_000)));
    expect([flow.events.length - before, body.isPaused]).toEqual([15, false]);
  });

  it.each(["end", "breakOff"] as const)("comes before the end of a body that does not pause: %s", async (how) => {
    const { body, stream } = open(new SentBody(false));
    for (const bytes of [plenty, delta("b"), delta("c")]) body.send(bytes);
    body[how]();
    const { text, error } = await read(stream);
    expect(text.replaceAll("a", "")).toBe("bc");
    expect(error).toMatchObject({ kind: how === "end" ? "stream" : "network", partial: { text } });
  });

  it("counts when the response is interrupted: it may be complete", async () => {
    const { body, stream } = open();
    for (const bytes of [plenty, Buffer.concat([delta("b"), completed])]) body.send(bytes);
    await stream.interrupt();
    const { text, status } = await stream.collect();
    expect([text.replaceAll("a", ""), status]).toEqual(["b", "completed"]);
  });

  it("comes before what a body that does not pause sends in the moment between", async () => {
    const { body, flow, stream } = open(new SentBody(false));
    for (const bytes of [plenty, delta("b")]) body.send(bytes);
    const events = stream[Symbol.asyncIterator]();
    while (flow.events.length > 1) await events.next();
    const last = events.next(); // takes the last one, and what is held is about to be decoded
    body.send(delta("c"));
    await last;
    expect([await events.next(), await events.next()]).toMatchObject([
      { value: { delta: "b" } },
      { value: { delta: "c" } },
    ]);
  });

  it("is dropped when the caller leaves, and the body is left alone then", async () => {
    const polled: unknown[] = [];
    const { body, flow, stream } = open(new SentBody(), { onStreamPoll: ({ type }) => polled.push(type) });
    for (const bytes of [plenty, delta("b")]) body.send(bytes);
    const before = polled.length;
    const events = stream[Symbol.asyncIterator]();
    while (flow.events.length > 1) await events.next();
    const last = events.next(); // takes the last one, and what is held is about to be decoded
    await events.return?.();
    await last;
    await nextTurn();
    expect(polled.length).toBe(before);
    expect(await events.next()).toEqual({ done: true, value: undefined });
    expect([body.isCancelled, body.isPaused]).toEqual([true, true]);
  });

  it("is read by collect(), and the body is then read to its end", async () => {
    const { body, stream } = open();
    for (const bytes of [plenty, Buffer.concat([delta("b"), completed])]) body.send(bytes);
    expect(body.isPaused).toBe(true);
    expect((await stream.collect()).text.replaceAll("a", "")).toBe("b");
    expect(body.isPaused).toBe(false);
  });
});

/** The ways to read a stream, each resting between its steps for as many turns as `rests` says, again and again. */
const READERS = {
  async iterator(stream: ResponseStream, rest: () => Promise<void>) {
    let text = "";
    for await (const each of stream) {
      if (each.type === "output_text.delta") text += each.delta;
      await rest();
    }
    return text;
  },
  async batches(stream: ResponseStream, rest: () => Promise<void>) {
    let text = "";
    for await (const batch of stream.batches()) {
      for (const each of batch) if (each.type === "output_text.delta") text += each.delta;
      await rest();
    }
    return text;
  },
  async each(stream: ResponseStream, rest: () => Promise<void>) {
    let text = "";
    await stream.batches().each((batch) => {
      for (const each of batch) if (each.type === "output_text.delta") text += each.delta;
      return rest();
    });
    return text;
  },
};

describe.each(Object.entries(READERS))("a caller who reads by %s and rests now and then", (_name, reader) => {
  it.each([true, false])("gets every event in order, from a body that pauses: %s", async (isObedient) => {
    const pieces = fc.array(fc.integer({ min: 1, max: 9_000 }), { minLength: 5, maxLength: 60 });
    const rests = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(pieces, rests, fc.integer({ min: 1, max: 5 }), async (sizes, turns, perTurn) => {
        const { body, stream } = open(new SentBody(isObedient));
        const texts = sizes.map((size, nth) => `${nth} ${"x".repeat(size)}`);
        const bytes = Buffer.concat([...texts.map(delta), completed]);
        let steps = 0;
        const rest = async () => {
          for (let left = turns[steps++ % turns.length] as number; left > 0; left -= 1) await nextTurn();
        };
        const reading = reader(stream, rest);
        for (let at = 0, nth = 0; at < bytes.length; nth += 1) {
          const size = (sizes[nth % sizes.length] as number) * 3;
          body.send(bytes.subarray(at, at + size));
          at += size;
          if (nth % perTurn === 0) await nextTurn();
        }
        body.end();
        expect(await reading).toBe(texts.join(""));
      }),
      { numRuns: 40 },
    );
  });
});
