import { describe, expect, it } from "vitest";
import type { ResponseEvent } from "../../../src/api/responses/events/types.ts";
import type { Steer } from "../../../src/api/responses/source.ts";
import type { Emulator } from "../../../src/emulator/index.ts";
import { emulate } from "../../support/clients.ts";
import { serveWebSocket } from "../websocket/plain-server.ts";
import { answerTo, asking, bodiesAt, COUNT, handshakesAt, openSession, steered, user, wire } from "./support.ts";

const SLOW = { delayMsPerWord: 20 };

const WEATHER = {
  type: "function",
  name: "get_weather",
  parameters: { type: "object", properties: { location: { type: "string" } }, required: ["location"] },
} as const;

function framesAt(emulator: Emulator, type: string) {
  return bodiesAt(emulator).filter((body) => body.type === type);
}

describe("steer()", () => {
  it("continues in the same stream with a response that knows the input; the next request is an increment", async () => {
    const emulator = await emulate({ pace: SLOW });
    const deviations: string[] = [];
    const { session } = openSession(emulator.url, {
      telemetry: { onStreamDeviation: ({ what }) => void deviations.push(what) },
    });
    const stream = await session.stream(COUNT);
    const { events, steer } = await steered(stream, "17*23");
    expect(deviations, "the answer to steer() has a number too").toEqual([]);
    const [first, second] = events.flatMap((event) => (event.type === "created" ? [event.responseId] : []));
    expect(await steer?.delivery).toEqual({ status: "delivered", responseId: second });
    const told = events.flatMap((event) => (event.type === "steered" ? [event] : []));
    expect(told).toMatchObject([{ responseId: first, input: [user("17*23")], keptItems: 2 }]);
    expect(told[0]?.tokenUsage?.outputTokens).toBeGreaterThan(0);
    expect(events.at(-1)).toMatchObject({ type: "completed", responseId: second });

    const { items, text, responseId } = await stream.collect();
    expect(items.map((item) => ("role" in item ? item.role : item.type))).toEqual(["assistant", "user", "assistant"]);
    expect(text).toContain("391");
    expect(responseId).toBe(second);
    expect(framesAt(emulator, "response.steer")).toMatchObject([{ previous_response_id: first }]);
    expect(Object.keys(framesAt(emulator, "response.steer")[0] ?? {}).sort()).toEqual([
      "input",
      "previous_response_id",
      "type",
    ]);

    const usages = events.flatMap((event) => ("tokenUsage" in event && event.tokenUsage ? [event.tokenUsage] : []));
    expect(usages).toHaveLength(2);
    expect(session.cache).toMatchObject({
      answers: 2,
      inputTokens: usages.reduce((sum, { inputTokens }) => sum + inputTokens, 0),
      whole: { first_request: 1 },
    });

    await answerTo(session, { model: "m", input: [...COUNT.input, ...items, user("repeat: two")] });
    expect(framesAt(emulator, "response.create")[1]).toMatchObject({ previous_response_id: second });
    expect(framesAt(emulator, "response.create")[1]?.input).toHaveLength(1);
  });

  it("can be called again on the continued response, and twice at once", async () => {
    const emulator = await emulate({ pace: SLOW });
    const { session } = openSession(emulator.url);
    const stream = await session.lane("a").stream(COUNT);
    const said = ["count to 400", "count to 300", "17*23"];
    const steers: Promise<Steer>[] = [];
    let responses = 0;
    for await (const event of stream) {
      if (event.type === "created") responses += 1;
      if (event.type !== "output_text.delta") continue;
      if (responses === 1 && steers.length === 0) steers.push(stream.steer(said[0] as string));
      if (responses === 2 && steers.length === 1) steers.push(...said.slice(1).map((each) => stream.steer(each)));
    }
    const deliveries = await Promise.all(steers.map(async (steer) => (await steer).delivery));
    expect(deliveries.map(({ status }) => status)).toEqual(["delivered", "delivered", "delivered"]);
    expect((await stream.collect()).items.filter((item) => "role" in item && item.role === "user")).toHaveLength(3);
  });

  it("does not affect other lanes", async () => {
    const emulator = await emulate({ pace: SLOW });
    const { session } = openSession(emulator.url);
    const other = session
      .lane("other")
      .stream(asking("one two three four five six"))
      .then((each) => each.collect());
    const { events } = await steered(await session.lane("steered").stream(COUNT), "17*23");
    expect(events.filter(({ type }) => type === "steered")).toHaveLength(1);
    expect((await other).text).toBe("one two three four five six");
  });

  it("while the first request of a lane is unanswered does not begin a response of that lane: nothing is dropped", async () => {
    const server = await serveWebSocket(({ type, stream_id }, tell) => {
      const own = (event: object) => tell({ ...event, stream_id });
      const id = `resp_${server.frames.length}`;
      if (type === "response.steer") {
        tell({ type: "response.steer.accepted", steer: { id: "steer_1" } });
        tell({ type: "response.incomplete", response: { id: "resp_1", incomplete_details: { reason: "steered" } } });
        tell({ type: "response.created", response: { id } });
        tell(wire.completed(id));
        for (const event of [wire.created, wire.completed()]) tell({ ...event, stream_id: "lane-1" });
      } else if (stream_id === undefined) for (const event of [wire.created, wire.delta("a")]) own(event);
    });
    const { session, notices } = openSession(server.url);
    const stream = await session.stream(COUNT);
    let steer: Promise<Steer> | undefined;
    let lane: ReturnType<typeof answerTo> | undefined;
    const types: string[] = [];
    for await (const event of stream) {
      types.push(event.type);
      if (event.type !== "output_text.delta") continue;
      const asked = await session.lane("a").stream(asking("x"));
      lane = asked.collect();
      steer = stream.steer("y");
    }
    expect(types.slice(-3)).toEqual(["steered", "created", "completed"]);
    expect(await (await steer)?.delivery).toMatchObject({ status: "delivered" });
    expect((await lane)?.status).toBe("completed");
    expect(notices).toEqual([]);
    expect(server.sockets).toHaveLength(1);
  });

  it("waits for missing outputs, says which, and reaches the model with the request that contains them", async () => {
    const emulator = await emulate({ pace: { firstTokenMs: 30, delayMsPerWord: 30 } });
    const { session } = openSession(emulator.url);
    const request = { model: "m", tools: [WEATHER], input: [user("What is the weather in Paris?")] };
    const stream = await session.stream(request);
    let steer: Steer | undefined;
    for await (const event of stream) if (event.type === "created") steer = await stream.steer("In Fahrenheit, please");
    const { calls, items } = await stream.collect();
    const callId = (items.at(-1) as { readonly call_id?: string }).call_id;
    expect(calls).toHaveLength(1);
    expect(await steer?.delivery).toMatchObject({
      status: "pending",
      reason: "waiting_for_required_input",
      requiredInput: [{ type: "function_call_output", call_id: callId }],
    });
    const output = { type: "function_call_output", call_id: String(callId), output: "18 degrees" } as const;
    await answerTo(session, { ...request, input: [...request.input, ...items, output] });
    expect(framesAt(emulator, "response.create")[1]?.input).toHaveLength(1);
    expect(handshakesAt(emulator)).toHaveLength(1);
  });

  it("can be combined with interrupt(): the response ends interrupted, and the input is returned", async () => {
    const emulator = await emulate({ pace: SLOW });
    const { session } = openSession(emulator.url, {}, { supportsInterrupt: true });
    const stream = await session.stream(COUNT);
    const events: ResponseEvent[] = [];
    let said: Promise<unknown> | undefined;
    for await (const event of stream) {
      events.push(event);
      if (event.type !== "output_text.delta" || said) continue;
      const interrupted = stream.interrupt();
      said = stream.steer("17*23").catch((error) => error);
      await interrupted;
    }
    expect(events.at(-1)).toMatchObject({ type: "incomplete", reason: "interrupted" });
    expect(await said).toMatchObject({ kind: "steer_failed", input: [user("17*23")] });
    expect((await answerTo(session, asking("two"))).text).toBe("two");
    expect(handshakesAt(emulator)).toHaveLength(1);
  });

  it("throws the service's code, with the input in the error", async () => {
    const emulator = await emulate({ pace: SLOW });
    const { session } = openSession(emulator.url);
    const stream = await session.stream(COUNT);
    let error: unknown;
    for await (const event of stream) {
      if (event.type !== "output_text.delta" || error) continue;
      error = await stream.steer([{ role: "system", content: "no" }]).catch((each) => each);
      await stream.interrupt();
    }
    expect(error).toMatchObject({ kind: "steer_failed", code: "invalid_input", input: [{ role: "system" }] });
  });

  it("after the end of the response throws, and sends nothing", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url);
    const stream = await session.stream(asking("one"));
    await stream.collect();
    await expect(stream.steer("two")).rejects.toMatchObject({
      kind: "steer_failed",
      code: "response_not_active",
      input: [user("two")],
    });
    expect(framesAt(emulator, "response.steer")).toEqual([]);
  });

  it("over HTTP is not supported: nothing is sent, and the stream continues", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url, { carrier: "http" });
    const stream = await session.stream(asking("one"));
    await expect(stream.steer("two")).rejects.toMatchObject({ kind: "not_supported", feature: "steering" });
    expect((await stream.collect()).text).toBe("one");
  });

  it("is included in the request for the rest if the stream breaks after it", async () => {
    const server = await serveWebSocket(({ type, input }, tell, socket) => {
      if (type === "response.steer") {
        tell({ type: "response.steer.accepted", steer: { id: "steer_1", previous_response_id: "resp_made_up" } });
        tell(wire.done(wire.message("a")));
        tell({
          type: "response.incomplete",
          response: { id: "resp_made_up", incomplete_details: { reason: "steered" } },
        });
        tell({ type: "response.created", response: { id: "resp_2" } });
        tell(wire.delta("b"));
        setImmediate(() => socket.terminate());
      } else if ((input as unknown[]).length === 1) for (const event of [wire.created, wire.delta("a")]) tell(event);
      else for (const event of [wire.created, wire.delta("c"), wire.completed("resp_3")]) tell(event);
    });
    const { session } = openSession(server.url);
    const { events } = await steered(await session.stream(COUNT), "more");
    expect(events.find(({ type }) => type === "restarted")).toMatchObject({ keptItems: 2 });
    const again = server.frames.at(-1)?.input as { readonly role: string }[];
    expect(again.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
  });

  it("is counted together with what an earlier stream of the call brought", async () => {
    const server = await serveWebSocket(({ type, input }, tell, socket) => {
      if (type === "response.steer") {
        tell({ type: "response.steer.accepted", steer: { id: "steer_1", previous_response_id: "resp_made_up" } });
        tell({
          type: "response.incomplete",
          response: { id: "resp_made_up", incomplete_details: { reason: "steered" } },
        });
        for (const event of [{ type: "response.created", response: { id: "resp_2" } }, wire.delta("b")]) tell(event);
        tell(wire.done(wire.message("b", "msg_2")));
        tell(wire.completed("resp_2"));
      } else if ((input as unknown[]).length === 1) {
        const remark = { ...wire.message("remark", "msg_0"), phase: "commentary" };
        for (const event of [wire.created, wire.done(remark)]) tell(event);
        setImmediate(() => socket.terminate());
      } else for (const event of [wire.created, wire.delta("a"), wire.done(wire.message("a"))]) tell(event);
    });
    const { session } = openSession(server.url);
    const { events } = await steered(await session.stream(COUNT), "more");
    const told = events.flatMap((event) => ("keptItems" in event ? [[event.type, event.keptItems]] : []));
    expect(told).toEqual([
      ["restarted", 1],
      ["steered", 3],
    ]);
  });
});
