import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { RecordedRequest } from "../../../src/emulator/index.ts";
import { emulate, readEvents } from "../../support/clients.ts";
import { asking, bodiesAt, handshakesAt, wire } from "../session/support.ts";
import { serveWebSocket } from "./plain-server.ts";
import { connect } from "./responses-support.ts";

const provider = { supportsInterrupt: true };
const SLOW = { delayMsPerWord: 20 };

function interruptsAt(requests: readonly RecordedRequest[]) {
  return requests.map(({ json }) => json as { type?: string }).filter((json) => json?.type === "response.interrupt");
}

describe("interrupt()", () => {
  it("ends the response at the service and the loop normally, and the connection is used for the next request", async () => {
    const emulator = await emulate({ pace: SLOW });
    const connection = await connect(emulator.url, { provider });
    const stream = await connection.stream({ model: "m", input: "count to 500" });
    const seen: string[] = [];
    let responseId: string | undefined;
    for await (const event of stream) {
      seen.push(event.type);
      if (event.type === "created") responseId = event.responseId;
      if (event.type === "output_text.delta") await stream.interrupt();
    }
    expect(seen.at(-1)).toBe("incomplete");
    expect(await stream.collect()).toMatchObject({ status: "incomplete", responseId, items: [] });
    expect((await stream.collect()).tokenUsage?.inputTokens).toBeGreaterThan(0);
    expect(interruptsAt(emulator.requests)).toEqual([
      { type: "response.interrupt", response_id: responseId, mode: "discard_partial_items" },
    ]);
    expect((await (await connection.stream(asking("two"))).collect()).text).toBe("two");
    expect(handshakesAt(emulator)).toHaveLength(1);
  });

  it("is requested as soon as the response has an id", async () => {
    const emulator = await emulate({ pace: { firstTokenMs: 60_000, delayMsPerWord: 0 } });
    const connection = await connect(emulator.url, { provider });
    const stream = await connection.stream(asking("one"));
    const interrupted = stream.interrupt(); // nobody has read `created` yet
    const { events, error } = await readEvents(stream);
    await interrupted;
    expect(error).toBeUndefined();
    expect(events.at(-1)).toMatchObject({ type: "incomplete", reason: "interrupted" });
  });

  it("while the reader waits for it inside the loop, the connection is read anyway, so that the answer arrives", async () => {
    const flood = Array.from({ length: 400 }, () => wire.delta("x".repeat(2_000)));
    const end = {
      type: "response.incomplete",
      response: { id: "resp_made_up", incomplete_details: { reason: "interrupted" } },
    };
    const emulator = await emulate({ script: [{ events: [wire.created, ...flood, end] }] });
    const connection = await connect(emulator.url, { provider });
    const stream = await connection.stream(asking("one"));
    let deltas = 0;
    for await (const event of stream) {
      if (event.type === "created") await stream.interrupt();
      if (event.type === "output_text.delta") deltas += 1;
    }
    expect(deltas).toBe(400);
    expect((await stream.collect()).status).toBe("incomplete");
  });

  it("ends with completed if the answer was complete before the service got it; its refusal has no effect", async () => {
    const emulator = await emulate();
    const connection = await connect(emulator.url, { provider });
    const stream = await connection.stream(asking("one"));
    const { events } = await readEvents(stream);
    await stream.interrupt();
    expect(events.at(-1)).toMatchObject({ type: "completed" });
    expect((await (await connection.stream(asking("two"))).collect()).text).toBe("two");
    expect(interruptsAt(emulator.requests)).toEqual([]);
  });

  it("a refusal that arrives during another answer does not belong to that answer", async () => {
    const refusal = { type: "error", status: 400, error: { code: "response_not_active", param: "response_id" } };
    const emulator = await emulate({
      script: [
        { events: [wire.created, wire.completed()] }, // whole, though it was asked to end
        { events: [wire.created, refusal, wire.delta("b"), wire.completed()] },
      ],
    });
    const connection = await connect(emulator.url, { provider });
    const first = await connection.stream(asking("one"));
    await first.interrupt();
    await readEvents(first);
    const { events, error } = await readEvents(await connection.stream(asking("two")));
    expect(error).toBeUndefined();
    expect(events.map(({ type }) => type)).toContain("output_text.delta");
  });

  it.each([
    { what: "not answered within 2 s", refusal: undefined },
    {
      what: "refused",
      refusal: { type: "error", status: 400, error: { message: "'resp_made_up' is unknown", param: "response_id" } },
    },
  ])("$what it closes the connection, and the loop ends normally", async ({ refusal }) => {
    const server = await serveWebSocket(({ type }, tell) => {
      if (type === "response.create") for (const event of [wire.created, wire.delta("a")]) tell(event);
      else if (refusal) tell(refusal);
    });
    const connection = await connect(server.url, { provider });
    const stream = await connection.stream(asking("one"));
    if (refusal) {
      vi.useFakeTimers({ toFake: ["setTimeout"] }); // the refusal alone must end it
      onTestFinished(() => void vi.useRealTimers());
    }
    const startedAt = performance.now();
    const events: unknown[] = [];
    for await (const event of stream) {
      events.push(event);
      if (event.type === "created") await stream.interrupt();
    }
    expect(events.at(-1)).toEqual({ type: "incomplete", reason: "interrupted" });
    expect(connection.isClosed).toBe(true);
    if (!refusal) expect(performance.now() - startedAt).toBeGreaterThan(1_900);
    await server.closed;
  });

  it("if the service does not support it, closes the connection at once, and the loop ends normally", async () => {
    const emulator = await emulate({ script: [{ events: [wire.created, wire.delta("a")], stallAfterEvents: 2 }] });
    const connection = await connect(emulator.url);
    const stream = await connection.stream(asking("one"));
    const events: unknown[] = [];
    for await (const event of stream) {
      events.push(event);
      if (event.type === "output_text.delta") await stream.interrupt();
    }
    expect(events.at(-1)).toMatchObject({ type: "incomplete", reason: "interrupted" });
    await emulator.waitForClosedWebSockets(1);
    expect(interruptsAt(emulator.requests)).toEqual([]);
  });
});

// parity: stream/leaving-interrupts
describe("a loop that is left early, if the service supports cancellation", () => {
  it.each(["break", "abort"] as const)("by %s: the response is ended, and the connection stays in use", async (how) => {
    const emulator = await emulate({ pace: SLOW });
    const connection = await connect(emulator.url, { provider });
    const abort = new AbortController();
    const stream = await connection.stream({ model: "m", input: "count to 500" }, { signal: abort.signal });
    try {
      for await (const event of stream) {
        if (event.type !== "output_text.delta") continue;
        if (how === "break") break;
        abort.abort("enough");
      }
    } catch (error) {
      expect(error).toMatchObject({ kind: "aborted", cause: "enough" });
    }
    expect((await (await connection.stream(asking("two"))).collect()).text).toBe("two");
    expect(interruptsAt(emulator.requests)).toHaveLength(1);
    expect(bodiesAt(emulator)).toHaveLength(3);
    expect(handshakesAt(emulator)).toHaveLength(1);
  });

  it("`break` does not wait; no end within 2 s closes the connection", async () => {
    const server = await serveWebSocket(({ type }, tell) => {
      if (type === "response.create") for (const event of [wire.created, wire.delta("a")]) tell(event);
    });
    const connection = await connect(server.url, { provider });
    const stream = await connection.stream(asking("one"));
    const startedAt = performance.now();
    for await (const event of stream) if (event.type === "created") break;
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await server.closed;
    expect(performance.now() - startedAt).toBeGreaterThan(1_900);
    await expect(connection.stream(asking("two"))).rejects.toMatchObject({ kind: "stream" });
  });
});
