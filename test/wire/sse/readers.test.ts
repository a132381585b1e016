import { describe, expect, it } from "vitest";
import { ResponsesClient } from "../../../src/api/responses/client.ts";
import type { ResponseEvent } from "../../../src/api/responses/events/types.ts";
import type { ResponsesOptions } from "../../../src/api/responses/options.ts";
import type { ResponseStream } from "../../../src/api/responses/stream.ts";
import { ResponsesSession } from "../../../src/api/session/session.ts";
import { clientOptions, emulate, readEvents } from "../../support/clients.ts";
import { errorOf } from "../../support/transport.ts";

const created = { type: "response.created", response: { id: "r" } };
const delta = (text: string) => ({ type: "response.output_text.delta", delta: text });
const completed = { type: "response.completed", response: { id: "r" } };
const whole = [created, delta("a"), delta("b"), completed];
const request = { model: "m", input: "q" };
const mine = new Error("the caller's own");
/** Of the response, not of the head of its answer. */
const ofResponse = (types: readonly string[]) =>
  types.filter((type) => !["server_model", "models_etag", "server_reasoning_included", "rate_limits"].includes(type));

type Ways = readonly (readonly [string, (url: string, options?: ResponsesOptions) => Promise<ResponseStream>])[];
const ways: Ways = [
  [
    "of a client",
    (url, options) => new ResponsesClient(clientOptions(url, { retry: { maxRetries: 0 } })).stream(request, options),
  ],
  [
    "of a session",
    (url, options) =>
      new ResponsesSession({ ...clientOptions(url, { maxStreamRetries: 0 }), carrier: "http" }).stream(
        request,
        options,
      ),
  ],
];

describe.each(ways)("a stream %s", (_whose, open) => {
  const serving = async (events: readonly object[], more: object = {}) =>
    (await emulate({ rateLimits: false, script: [{ events, ...more }] })).url;

  describe("collect", () => {
    it("is one promise, whenever it is asked for", async () => {
      const stream = await open(await serving(whole));
      const first = stream.collect();
      expect(stream.collect()).toBe(first);
      expect(await first).toMatchObject({ text: "ab", responseId: "r", status: "completed" });
      expect(stream.collect()).toBe(first);
    });

    it("reads the rest of a loop, whose next step ends normally after it", async () => {
      const stream = await open(await serving(whole));
      const seen: string[] = [];
      let collected: unknown;
      for await (const event of stream) {
        seen.push(event.type);
        if (event.type === "output_text.delta") collected = await stream.collect();
      }
      expect(ofResponse(seen)).toEqual(["created", "output_text.delta"]);
      expect(collected).toMatchObject({ text: "ab" });
    });

    it("is there after a loop", async () => {
      const stream = await open(await serving(whole));
      await readEvents(stream);
      expect(await stream.collect()).toMatchObject({ text: "ab" });
    });

    it("rejects after the loop was left", async () => {
      const stream = await open(await serving([created, delta("a")], { stallAfterEvents: 2 }));
      for await (const event of stream) if (event.type === "output_text.delta") break;
      expect(await errorOf(stream.collect())).toMatchObject({
        kind: "aborted",
        partial: { text: "a", responseId: "r" },
      });
    });

    it("rejects after the loop was left although everything had arrived, but not after its last event", async () => {
      const leftAt = async (type: ResponseEvent["type"]) => {
        const stream = await open(await serving(whole, { chunkBytes: 1_000_000 }));
        for await (const event of stream) if (event.type === type) break;
        return stream.collect();
      };
      expect(await errorOf(leftAt("created"))).toMatchObject({ kind: "aborted", partial: { responseId: "r" } });
      expect(await leftAt("completed")).toMatchObject({ text: "ab" });
    });

    it("rejects with what was received if the stream is closed meanwhile, and so does the loop", async () => {
      const stream = await open(await serving([created, delta("a")], { stallAfterEvents: 2 }));
      const reading = (async () => {
        for await (const event of stream) if (event.type === "output_text.delta") void stream.close();
      })();
      const error = await errorOf(reading);
      expect(error).toMatchObject({ kind: "aborted", partial: { text: "a", responseId: "r" } });
      expect(await errorOf(stream.collect())).toBe(error);
    });

    it("leaves out what the service did not send", async () => {
      const { response: _id, ...finished } = completed;
      const collected = await (await open(await serving([delta("a"), finished]))).collect();
      expect(collected).toMatchObject({ text: "a" });
      expect(Object.entries(collected).filter(([, value]) => value === undefined)).toEqual([]);
    });

    it("rejects with the error that the loop has had", async () => {
      const failed = { type: "response.failed", response: { error: { code: "invalid_prompt", message: "No." } } };
      const stream = await open(await serving([created, failed]));
      const { error } = await readEvents(stream);
      expect(error).toMatchObject({ kind: "invalid_request" });
      expect(await errorOf(stream.collect())).toBe(error);
    });

    it("rejects with what ends the stream meanwhile, and so does the loop", async () => {
      const stream = await open(await serving([created, delta("a")], { endAfterEvents: 2 }));
      let collected: unknown;
      const { error } = await readEvents(
        (async function* () {
          for await (const event of stream) {
            yield event;
            if (event.type === "output_text.delta") collected = await errorOf(stream.collect());
          }
        })(),
      );
      expect(collected).toMatchObject({ kind: "stream", partial: { text: "a" } });
      expect(error).toBe(collected);
    });

    it("reads the answer by the request's schemas", async () => {
      const call = { type: "function_call", call_id: "c", name: "stock", arguments: '{"id":7}', status: "completed" };
      const url = await serving([created, { type: "response.output_item.done", item: call }, completed]);
      expect(await (await open(url)).collect()).toMatchObject({
        calls: [{ name: "stock", callId: "c", arguments: '{"id":7}', parsed: { id: 7 } }],
      });
    });

    it("leaves nothing to another reader, and says so", async () => {
      const stream = await open(await serving(whole));
      await stream.collect();
      expect(() => stream[Symbol.asyncIterator]()).toThrow(/read once/);
    });
  });

  it("has one reader", async () => {
    const stream = await open(await serving(whole));
    stream.batches();
    for (const second of [
      () => stream[Symbol.asyncIterator](),
      () => stream.batches(),
      () => stream.toReadableStream(),
    ])
      expect(second).toThrow(/read once/);
    await stream.close();
  });

  describe("batches", () => {
    it("give what came together at once, and nothing else", async () => {
      const stream = await open(await serving(whole, { chunkBytes: 1_000_000 }));
      const batches: string[][] = [];
      for await (const batch of stream.batches()) batches.push(batch.map(({ type }) => type));
      expect(ofResponse(batches.flat())).toEqual(["created", "output_text.delta", "output_text.delta", "completed"]);
      expect(batches.every((batch) => batch.length > 0)).toBe(true);
      expect(batches.length).toBeLessThan(batches.flat().length);
    });

    it("give what came before an error first", async () => {
      const stream = await open(await serving([created, delta("a")], { endAfterEvents: 2 }));
      const types: string[] = [];
      const reading = (async () => {
        for await (const batch of stream.batches()) types.push(...batch.map(({ type }) => type));
      })();
      expect(await errorOf(reading)).toMatchObject({ kind: "stream" });
      expect(types).toContain("output_text.delta");
    });

    it("go to a function too, after those of a loop, and what came before an error first", async () => {
      const stream = await open(await serving([created, delta("a"), delta("b")], { endAfterEvents: 3 }));
      const batches = stream.batches();
      const types: string[] = [];
      const take = (batch: readonly ResponseEvent[]) => void types.push(...batch.map(({ type }) => type));
      const first = await batches.next();
      if (!first.done) take(first.value);
      expect(await errorOf(batches.each((batch) => Promise.resolve(take(batch))))).toMatchObject({ kind: "stream" });
      expect(ofResponse(types)).toEqual(["created", "output_text.delta", "output_text.delta"]);
      const whole = (await open(await serving([created, delta("a"), completed]))).batches();
      await whole.each((batch) => void take(batch));
      expect(types.at(-1)).toBe("completed");
    });

    it.each([
      [
        "throws",
        () => {
          throw mine;
        },
      ],
      ["rejects", () => Promise.reject(mine)],
    ])(
      "given to a function that %s, end with its error, and the stream is left",
      async (_how, take: () => undefined | Promise<never>) => {
        const emulator = await emulate({
          rateLimits: false,
          script: [{ events: [created, delta("a")], stallAfterEvents: 2 }],
        });
        let calls = 0;
        const reading = (await open(emulator.url)).batches().each(() => {
          calls += 1;
          return take();
        });
        expect(await errorOf(reading)).toBe(mine);
        await emulator.waitForClosedResponses(1);
        expect(calls).toBe(1);
        expect(emulator.requests).toHaveLength(1);
      },
    );

    it("given to a function that waits for the whole answer, end with it", async () => {
      const emulator = await emulate({ rateLimits: false, pace: { delayMsPerWord: 20 } });
      const stream = await open(emulator.url);
      const answers: string[] = [];
      await stream.batches().each((batch) => {
        const isBegun = batch.some(({ type }) => type === "output_text.delta");
        return isBegun ? stream.collect().then(({ text }) => void answers.push(text)) : undefined;
      });
      const { text } = await stream.collect();
      expect(text).not.toBe("");
      expect(answers).toEqual([text]);
    });

    it("left early, cancel the generation", async () => {
      const emulator = await emulate({
        rateLimits: false,
        script: [{ events: [created, delta("a")], stallAfterEvents: 2 }],
      });
      const stream = await open(emulator.url);
      for await (const _batch of stream.batches()) break;
      await emulator.waitForClosedResponses(1);
      expect(await errorOf(stream.collect())).toMatchObject({ kind: "aborted" });
    });
  });

  describe("as a web stream", () => {
    it("gives events", async () => {
      const stream = await open(await serving(whole));
      const events: ResponseEvent[] = [];
      for await (const event of stream.toReadableStream()) events.push(event);
      expect(events.at(-1)).toEqual({ type: "completed", responseId: "r" });
    });

    it("gives server-sent events", async () => {
      const stream = await open(await serving(whole));
      const text = await new Response(stream.toReadableStream({ as: "sse" })).text();
      expect(text).toContain('event: output_text.delta\ndata: {"type":"output_text.delta","delta":"a"}\n\n');
      expect(text.endsWith('event: completed\ndata: {"type":"completed","responseId":"r"}\n\n')).toBe(true);
    });

    it("fails as the stream does", async () => {
      const stream = await open(await serving([created], { endAfterEvents: 1 }));
      expect(await errorOf(new Response(stream.toReadableStream({ as: "sse" })).text())).toMatchObject({
        kind: "stream",
      });
    });
  });

  it("that keeps nothing yields everything, and cannot be collected", async () => {
    const stream = await open(await serving(whole), { keep: false });
    expect(await errorOf(stream.collect())).toMatchObject({ kind: "build" });
    const { events, error } = await readEvents(stream);
    expect(error).toBeUndefined();
    expect(events.filter(({ type }) => type === "output_text.delta")).toHaveLength(2);
    expect(stream.snapshot()).toMatchObject({ text: "", items: [] });
  });

  it("that would keep nothing is not created, and nothing is sent", async () => {
    const emulator = await emulate();
    const client = new ResponsesClient(clientOptions(emulator.url));
    expect(await errorOf(client.create({ model: "m", input: "q" }, { keep: false }))).toMatchObject({ kind: "build" });
    expect(emulator.requests).toEqual([]);
  });

  it("shows what is there while it comes", async () => {
    const added = { type: "response.output_item.added", output_index: 0, item: { type: "message", content: [] } };
    const stream = await open(await serving([created, added, delta("a"), delta("b"), completed]));
    for await (const event of stream) {
      if (event.type !== "output_text.delta" || event.delta !== "a") continue;
      const { text, itemsUnderWay } = stream.snapshot();
      expect("ab").toContain(text);
      expect(itemsUnderWay).toMatchObject([{ outputIndex: 0, item: { type: "message" } }]);
    }
    expect(stream.snapshot()).toMatchObject({ text: "ab", responseId: "r" });
  });

  it("gives each event its JSON as received, where it is asked for", async () => {
    const stream = await open(await serving(whole), { raw: true });
    const { events } = await readEvents(stream);
    const raw = events.flatMap((event) => ("raw" in event && event.raw !== undefined ? [JSON.parse(event.raw)] : []));
    expect(raw).toEqual(whole);
  });
});
