import { once } from "node:events";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { WebSocket } from "ws";
import { readEvents } from "../../support/clients.ts";
import { serveWebSocket } from "../websocket/plain-server.ts";
import { COUNT, openSession, steered, user, wire } from "./support.ts";

async function answeredPing(socket: WebSocket | undefined) {
  socket?.ping();
  await once(socket as WebSocket, "pong");
}

describe("a service that", () => {
  const plain = (answers: Readonly<Record<string, readonly object[]>>) =>
    serveWebSocket(({ type }, tell) => {
      for (const event of answers[type] ?? []) tell(event);
    });
  const begun = [wire.created, wire.delta("a")];

  it("does not know steering: it is reported as not supported, and the answer continues", async () => {
    const refusal = {
      type: "error",
      status: 400,
      error: { message: "Invalid value: 'response.steer'.", param: "type", code: "invalid_value" },
    };
    const server = await plain({
      "response.create": begun,
      "response.steer": [refusal, wire.delta("b"), wire.completed()],
    });
    const { session } = openSession(server.url);
    const stream = await session.stream(COUNT);
    const errors: unknown[] = [];
    const texts: string[] = [];
    for await (const event of stream) {
      if (event.type !== "output_text.delta") continue;
      texts.push(event.delta);
      if (texts.length === 1) await stream.steer("x").catch((error) => errors.push(error));
    }
    expect(errors).toMatchObject([{ kind: "not_supported", feature: "steering" }]);
    expect(texts).toEqual(["a", "b"]);
  });

  it("cannot continue after it accepted the input: the delivery fails, and the end that it sent is valid", async () => {
    const server = await plain({
      "response.create": begun,
      "response.steer": [
        { type: "response.steer.accepted", steer: { id: "steer_1" } },
        wire.completed(),
        { type: "response.steer.failed", steer: { id: "steer_1" }, error: { code: "successor_creation_failed" } },
      ],
    });
    const { session } = openSession(server.url);
    const { events, steer } = await steered(await session.stream(COUNT), "x");
    await expect(steer?.delivery).rejects.toMatchObject({ kind: "steer_failed", code: "successor_creation_failed" });
    expect(events.at(-1)).toMatchObject({ type: "completed" });
  });

  it("omits fields is understood anyway, and reports about input of others are ignored", async () => {
    const about = (what: string, more: object = {}) => ({ type: `response.steer.${what}`, ...more });
    const strange = ["accepted", "pending", "failed"].map((what) => about(what, { steer: { id: "somebody_else's" } }));
    const steer = { id: "steer_1" };
    const server = await plain({
      "response.create": [wire.created, ...strange, wire.delta("a")],
      "response.steer": [about("accepted", { steer }), about("pending", { steer }), wire.completed()],
    });
    const { session } = openSession(server.url);
    const { events, steer: said } = await steered(await session.stream(COUNT), "x");
    expect(events.at(-1)).toMatchObject({ type: "completed" });
    expect(await said?.delivery).toEqual({ status: "pending", reason: "unknown", requiredInput: [] });
    const refusing = await plain({ "response.create": begun, "response.steer": [about("failed"), wire.completed()] });
    const stream = await openSession(refusing.url).session.stream(COUNT);
    let failed: Promise<unknown> | undefined;
    for await (const { type } of stream)
      if (type === "output_text.delta") failed ??= stream.steer("x").catch((error) => error);
    expect(await failed).toMatchObject({ kind: "steer_failed", code: "unknown", input: [user("x")] });
  });

  it("closes the connection while the end is held back: the end is valid, and nothing is requested again", async () => {
    const server = await serveWebSocket(({ type }, tell, socket) => {
      if (type === "response.create") for (const event of begun) tell(event);
      else {
        for (const event of [{ type: "response.steer.accepted", steer: { id: "steer_1" } }, wire.completed()])
          tell(event);
        socket.close(1000);
      }
    });
    const { session } = openSession(server.url);
    const { events, steer } = await steered(await session.stream(COUNT), "x");
    expect(events.at(-1)).toMatchObject({ type: "completed" });
    await expect(steer?.delivery).rejects.toMatchObject({ kind: "steer_failed", code: "response_not_active" });
    expect(server.frames.map(({ type }) => type)).toEqual(["response.create", "response.steer"]);
  });

  it("does not react within 2 s: then the end is valid, and the connection is not used again", async () => {
    const server = await plain({ "response.create": begun, "response.steer": [wire.completed()] });
    const { session } = openSession(server.url);
    const stream = await session.stream(COUNT);
    const startedAt = performance.now();
    let failed: Promise<unknown> | undefined;
    const { events } = await readEvents(
      (async function* () {
        for await (const event of stream) {
          yield event;
          if (event.type === "output_text.delta") failed ??= stream.steer("x").catch((error) => error);
        }
      })(),
    );
    expect(await failed).toMatchObject({ kind: "steer_failed", code: "no_answer" });
    expect(events.at(-1)).toMatchObject({ type: "completed" });
    expect(performance.now() - startedAt).toBeGreaterThan(1_900);
    await server.closed;
  });

  it("accepts it but begins no successor within 15 s: the input is reported as lost, and the end is valid", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const incomplete = { id: "resp_made_up", incomplete_details: { reason: "steered" } };
    let isSaid = () => {};
    const said = new Promise<void>((resolve) => {
      isSaid = resolve;
    });
    const server = await serveWebSocket(({ type }, tell) => {
      if (type === "response.create") return begun.forEach(tell);
      tell({ type: "response.steer.accepted", steer: { id: "steer_1" } });
      tell({ type: "response.incomplete", response: incomplete });
      isSaid();
    });
    const { session } = openSession(server.url);
    const stream = await session.stream(COUNT);
    const lost: unknown[] = [];
    const reading = (async () => {
      for await (const event of stream) {
        if (event.type !== "output_text.delta") continue;
        const { delivery } = await stream.steer("x");
        delivery.catch((error) => lost.push(error));
      }
    })();
    const failed = reading.catch((error) => lost.push(error));
    await said;
    await answeredPing(server.sockets[0]); // what was said before it has been read
    vi.advanceTimersByTime(14_999);
    await answeredPing(server.sockets[0]);
    expect(lost).toEqual([]);
    vi.advanceTimersByTime(1);
    await failed;
    expect(lost).toMatchObject([
      { kind: "steer_failed", code: "no_successor", input: [user("x")] },
      { kind: "incomplete", reason: "steered", partial: { text: "a" } },
    ]);
    await server.closed;
  });
});
