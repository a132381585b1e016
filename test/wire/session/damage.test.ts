import { describe, expect, it } from "vitest";
import { emulate, textOf } from "../../support/clients.ts";
import { bodiesAt, openSession, run, user, wire } from "./support.ts";

const request = { model: "m", input: [user("q")] };
const damaged = '{"type":"response.output_text.delta","delta":"b"';
const headers = { "content-type": "text/event-stream" };
const raw = (...events: (object | string)[]) =>
  events.map((event) => `data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`).join("");

// parity: stream/damaged-event
describe("a damaged event in a session", () => {
  it("is requested again once", async () => {
    const script = [
      { raw: raw(wire.created, wire.delta("a"), damaged, wire.completed()), headers },
      { events: [wire.created, wire.delta("ab"), wire.completed()] },
    ];
    const emulator = await emulate({ script, rateLimits: false });
    const { session, notices } = openSession(emulator.url, { carrier: "http" });
    const { events, error } = await run(session, request);
    expect(error).toBeUndefined();
    expect(textOf(events)).toBe("aab");
    expect(events.map(({ type }) => type)).toContain("restarted");
    expect(notices).toHaveLength(1);
  });

  it.each(["http", "websocket"] as const)(
    "is a fault of the server's when it is there again, over %s",
    async (transport) => {
      const step = { raw: raw(damaged), frames: [JSON.stringify(wire.created), damaged], headers };
      const emulator = await emulate({
        script: ({ kind }) =>
          kind === "handshake" ? {} : transport === "http" ? { raw: step.raw, headers } : { frames: step.frames },
        rateLimits: false,
      });
      const { session } = openSession(emulator.url, { carrier: transport });
      const { error } = await run(session, request);
      expect(error).toMatchObject({ kind: "protocol", message: expect.stringContaining("is damaged") });
      expect(bodiesAt(emulator)).toHaveLength(2);
    },
  );
});

describe("a call marked async in a stream that breaks", () => {
  const call = { ...wire.call(), async: true };

  it("stays valid, and so do the items after it", async () => {
    const message = wire.remark("On it.");
    const script = [
      { events: [wire.created, wire.done(call), wire.done(message)], endAfterEvents: 3 },
      { events: [wire.created, wire.completed()] },
    ];
    const emulator = await emulate({ script, rateLimits: false });
    const { session } = openSession(emulator.url, { carrier: "http" });
    const { events } = await run(session, request);
    expect(events).toContainEqual(expect.objectContaining({ type: "restarted", keptItems: 2 }));
    expect(bodiesAt(emulator)[1]?.input.map(({ type }) => type)).toEqual(["message", "function_call", "message"]);
  });
});

// parity: stream/output-order, stream/id-may-be-missing
describe("what a session sends back", () => {
  const reasoning = { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "e" };
  const done = (item: object, output_index: number) => ({ ...wire.done(item), output_index });

  it("continues an answer whose items were finished out of order, in the order of its output", async () => {
    const call = wire.call();
    const emulator = await emulate({
      script: ({ kind }) =>
        kind === "handshake" ? {} : { events: [wire.created, done(call, 1), done(reasoning, 0), wire.completed()] },
      rateLimits: false,
    });
    const { session } = openSession(emulator.url, { carrier: "websocket" });
    const { items } = await (await session.stream(request)).collect();
    expect(items).toEqual([reasoning, call]);
    const output = { type: "function_call_output", call_id: call.call_id, output: "o" } as const;
    await (await session.stream({ ...request, input: [...request.input, ...items, output] })).collect();
    expect(bodiesAt(emulator)[1]).toMatchObject({ previous_response_id: "resp_made_up", input: [output] });
  });

  it("is sent whole after an answer without an id, which is not requested again", async () => {
    const end = { type: "response.completed", response: { usage: { prompt_tokens: 1 } } };
    const emulator = await emulate({
      script: ({ kind }) => (kind === "handshake" ? {} : { events: [wire.done(wire.message("a")), end] }),
      rateLimits: false,
    });
    const { session, notices } = openSession(emulator.url, { carrier: "websocket" });
    const { items, tokenUsage } = await (await session.stream(request)).collect();
    expect(tokenUsage).toMatchObject({ inputTokens: 1, totalTokens: 1 });
    await (await session.stream({ ...request, input: [...request.input, ...items] })).collect();
    expect(notices).toEqual([]);
    expect(bodiesAt(emulator).map(({ input }) => input.length)).toEqual([1, 2]);
  });
});
