import { describe, expect, it } from "vitest";
import { copyOfJson } from "../../../src/api/session/history/json-value.ts";
import type { ResponseItem } from "../../../src/api/wire/items.ts";
import { emulate } from "../../support/clients.ts";
import { answerTo, asking, bodiesAt, handshakesAt, kindsOf, openSession, user, wire } from "./support.ts";

describe("requests on one connection", () => {
  it("the second request names the last response, and contains only new items", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url);
    const first = await answerTo(session, asking("one"));
    await answerTo(session, asking("two", [...asking("one").input, ...first.items]));
    const [opening, next] = bodiesAt(emulator);
    expect(opening).not.toHaveProperty("previous_response_id");
    expect(next).toMatchObject({ previous_response_id: first.responseId, input: [user("repeat: two")] });
    expect(kindsOf(emulator)).toEqual(["handshake", "frame", "frame"]);
  });

  it("an input without new items is sent empty", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url);
    const first = await answerTo(session, asking("one"));
    await answerTo(session, { model: "m", input: [...asking("one").input, ...first.items] });
    expect(bodiesAt(emulator)[1]).toMatchObject({ previous_response_id: first.responseId, input: [] });
  });

  it("after a changed field everything is sent, on the same connection", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url);
    const first = await answerTo(session, asking("one"));
    const second = asking("two", [...asking("one").input, ...first.items]);
    await answerTo(session, { ...second, service_tier: "fast" });
    const [, next] = bodiesAt(emulator);
    expect(next).not.toHaveProperty("previous_response_id");
    expect(next?.input).toHaveLength(3);
    expect(handshakesAt(emulator)).toHaveLength(1);
  });

  it("an edited history is sent whole", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url);
    const opening = { type: "input_text" as const, text: "repeat: one" };
    const history: ResponseItem[] = [{ type: "message", role: "user", content: [opening] }];
    const first = await answerTo(session, { model: "m", input: history });
    opening.text = "repeat: another";
    history.push(...first.items, user("repeat: two"));
    await answerTo(session, { model: "m", input: history });
    const [, next] = bodiesAt(emulator);
    expect(next).not.toHaveProperty("previous_response_id");
    expect(next?.input[0]).toEqual(user("repeat: another"));
  });

  it("a history that was stored and read again is still recognised", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url);
    const first = await answerTo(session, asking("one"));
    const stored = copyOfJson([...asking("one").input, ...first.items]);
    await answerTo(session, asking("two", stored));
    expect(bodiesAt(emulator)[1]).toMatchObject({ previous_response_id: first.responseId });
  });

  it("a request sent on completed, before the loop has ended, is incremental", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url);
    const items: ResponseItem[] = [];
    let second: Promise<unknown> | undefined;
    for await (const event of await session.stream(asking("one"))) {
      if (event.type === "output_item.done") items.push(event.item);
      if (event.type === "completed") {
        second = answerTo(session, asking("two", [...asking("one").input, ...items]));
        break; // leaving after the end closes nothing
      }
    }
    await second;
    expect(kindsOf(emulator)).toEqual(["handshake", "frame", "frame"]);
    expect(bodiesAt(emulator)[1]).toHaveProperty("previous_response_id");
  });

  it("two requests after one response cannot both continue it", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url);
    const first = await answerTo(session, asking("one"));
    const history = [...asking("one").input, ...first.items];
    await Promise.all([answerTo(session, asking("two", history)), answerTo(session, asking("other", history))]);
    const [, second, third] = bodiesAt(emulator);
    expect(second).toHaveProperty("previous_response_id");
    expect(third).not.toHaveProperty("previous_response_id");
    expect(handshakesAt(emulator)).toHaveLength(1);
  });

  it("a local note is not sent, and the request is still an increment", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url);
    const note: ResponseItem = {
      type: "ghost_snapshot",
      ghost_commit: { id: "c", preexisting_untracked_files: [], preexisting_untracked_dirs: [] },
    };
    const first = await answerTo(session, asking("one"));
    await answerTo(session, asking("two", [...asking("one").input, note, ...first.items]));
    expect(bodiesAt(emulator)[1]).toMatchObject({ previous_response_id: first.responseId, input: [{ role: "user" }] });
  });

  it("a tool's output is sent as an increment after its call", async () => {
    const emulator = await emulate({ script: [{ events: [wire.done(wire.call()), wire.completed("resp_1")] }] });
    const { session } = openSession(emulator.url);
    const first = await answerTo(session, asking("one"));
    const output: ResponseItem = { type: "function_call_output", call_id: "call_fc_1", output: "seen" };
    await answerTo(session, { model: "m", input: [...asking("one").input, ...first.items, output] });
    expect(bodiesAt(emulator)[1]).toMatchObject({ previous_response_id: "resp_1", input: [output] });
  });
});

describe("an Azure endpoint", () => {
  it("stores responses, and gets the ids of items only over HTTP", async () => {
    const emulator = await emulate();
    const history = [wire.message("before") as ResponseItem];
    for (const carrier of ["websocket", "http"] as const) {
      const { session } = openSession(emulator.url, { carrier }, { name: "azure" });
      await answerTo(session, asking("one", history));
    }
    const [frame, http] = bodiesAt(emulator);
    expect([frame?.store, http?.store]).toEqual([true, true]);
    expect(frame?.input[0]).not.toHaveProperty("id");
    expect(http?.input[0]).toHaveProperty("id", "msg_1");
  });
});

describe("prewarm", () => {
  it("sends generate: false once, and the first request continues it", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url);
    await session.prewarm({ model: "m", input: [] });
    await session.prewarm({ model: "m", input: [] });
    await answerTo(session, asking("one"));
    const [warm, first, ...more] = bodiesAt(emulator);
    expect(warm).toMatchObject({ generate: false, input: [] });
    expect(first).toMatchObject({ previous_response_id: expect.stringMatching(/^resp_/), input: [{ role: "user" }] });
    expect(first).not.toHaveProperty("generate");
    expect(more).toEqual([]);
    expect(handshakesAt(emulator)).toHaveLength(1);
  });

  it("is not used if the first request has another service tier", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url);
    await session.prewarm({ model: "m", input: [], service_tier: "flex" });
    await answerTo(session, asking("one"));
    expect(bodiesAt(emulator)[1]).not.toHaveProperty("previous_response_id");
    expect(handshakesAt(emulator)).toHaveLength(1);
  });

  it("that fails throws once, and the WebSocket stays in use", async () => {
    const emulator = await emulate({ script: [{ status: 500 }] });
    const { session } = openSession(emulator.url);
    await expect(session.prewarm({ model: "m", input: [] })).rejects.toMatchObject({ kind: "http", status: 500 });
    expect(session.carrier).toBe("websocket");
    const { text } = await answerTo(session, asking("one"));
    expect(text).toBe("one");
    expect(kindsOf(emulator)).toEqual(["handshake", "frame", "handshake", "frame"]);
  });

  it("refused with 426 is not an error: the session continues over HTTP", async () => {
    const emulator = await emulate({ websockets: false });
    const { session, notices } = openSession(emulator.url);
    await session.prewarm({ model: "m", input: [] });
    expect(session.carrier).toBe("http");
    expect(notices).toMatchObject([{ layer: "fallback" }]);
    await session.prewarm({ model: "m", input: [] });
    expect((await answerTo(session, asking("one"))).text).toBe("one");
    expect(kindsOf(emulator)).toEqual(["handshake", "http"]);
  });

  it("without an input is a build error", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url);
    await expect(session.prewarm({ model: "m", input: undefined as never })).rejects.toMatchObject({ kind: "build" });
  });
});

describe("preconnect", () => {
  it("opens the connection that the first request uses, without the turn's metadata", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url);
    await session.preconnect();
    await session.preconnect();
    await answerTo(session, asking("one"), { turnMetadata: { turn_id: "t1" } });
    expect(kindsOf(emulator)).toEqual(["handshake", "frame"]);
    expect(handshakesAt(emulator)[0]?.headers).not.toHaveProperty("x-codex-turn-metadata");
    expect(bodiesAt(emulator)[0]).toMatchObject({ client_metadata: { "x-codex-turn-metadata": '{"turn_id":"t1"}' } });
  });

  it("does nothing over HTTP", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url, { carrier: "http" });
    await session.preconnect();
    expect(emulator.requests).toEqual([]);
  });
});
