import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import WebSocket from "ws";
import { emulate } from "../../../support/clients.ts";
import { standstill } from "../../../support/standstill.ts";
import { Caller, update } from "./caller.ts";

describe("a realtime session of the emulator", () => {
  it("exists from the handshake on, and merges each update into its settings", async () => {
    const caller = await Caller.open("?model=m");
    const [created] = await caller.until("session.created");
    expect(created).toMatchObject({
      event_id: expect.any(String),
      session: { id: expect.stringMatching(/^sess_/), type: "realtime", model: "m" },
    });
    caller.say(
      update({ instructions: "i", audio: { input: { a: 1 }, output: { voice: "ash" } } }),
      update({ audio: { input: { b: 2 } } }),
    );
    await caller.next();
    expect(await caller.next()).toMatchObject({
      type: "session.updated",
      session: { model: "m", instructions: "i", audio: { input: { a: 1, b: 2 }, output: { voice: "ash" } } },
    });
  });

  it.each([
    ["of another type", { type: "x" }, "invalid_value"],
    ["without a session", { type: "session.update" }, "missing_required_parameter"],
    ["without an item", { type: "conversation.item.create" }, "missing_required_parameter"],
    ["that lacks the handoff", { type: "conversation.handoff.append" }, "missing_required_parameter"],
  ])("refuses a message %s", async (_what, message, code) => {
    const caller = await Caller.open();
    caller.say(message);
    expect((await caller.until("error")).at(-1)).toMatchObject({ error: { code, event_id: null } });
  });

  it("continues after a message that is not a JSON object", async () => {
    const caller = await Caller.open();
    caller.websocket.send("{");
    await caller.until("error");
    caller.say(update({}));
    await caller.until("session.updated");
  });

  it("answers each message as the script says", async () => {
    const script = [
      {},
      { frames: ["no JSON at all"] },
      { events: [{ type: "own" }] },
      { status: 500, body: { error: { message: "down" } } },
      { close: { code: 1011, reason: "enough" } },
    ];
    const { url } = await emulate({ script });
    const websocket = new WebSocket(`${url.replace("http", "ws")}/realtime`);
    onTestFinished(() => websocket.terminate());
    const seen: string[] = [];
    websocket.on("message", (data) => seen.push(String(data)));
    await once(websocket, "open");
    for (const _step of script) websocket.send(JSON.stringify(update({})));
    const [code, reason] = await once(websocket, "close");
    expect(seen.slice(2)).toEqual([
      "no JSON at all",
      '{"type":"own"}',
      '{"type":"error","status":500,"error":{"message":"down"}}',
    ]);
    expect([code, String(reason)]).toEqual([1011, "enough"]);
  });

  it("stops reading while it cannot answer, and later answers every message", async () => {
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const script = async ({ json }: { readonly json: unknown }) => {
      if (json !== undefined) await held;
      return undefined;
    };
    let arrived = 0;
    const caller = await Caller.open("", {
      script,
      onRequest: () => {
        arrived += 1;
      },
    });
    const count = 300;
    const padding = randomBytes(10_000).toString("hex"); // so that they do not arrive in one piece
    for (let index = 0; index < count; index += 1) caller.say(update({ index, padding }));
    await standstill(() => arrived, 50);
    expect(arrived).toBeLessThan(count / 2);
    release();
    await caller.until("session.created");
    for (let index = 0; index < count; index += 1) expect(await caller.next()).toMatchObject({ session: { index } });
  });

  it("joins a call that was opened at /live, and no other", async () => {
    const { url } = await emulate();
    const body = JSON.stringify({ sdp: "v=0", session: { type: "realtime", instructions: "be brief" } });
    const headers = { "content-type": "application/json" };
    const opened = await fetch(`${url}/live`, { method: "POST", headers, body });
    const callId = opened.headers.get("location")?.split("/").at(-1) ?? "";
    expect([opened.status, callId]).toEqual([201, expect.stringMatching(/^rtc_/)]);

    const join = (id: string) => {
      const websocket = new WebSocket(`${url.replace("http", "ws")}/live/${id}`);
      onTestFinished(() => websocket.terminate());
      return websocket;
    };
    const [first] = await once(join(callId), "message");
    expect(JSON.parse(String(first))).toMatchObject({ type: "session.created", session: { instructions: "be brief" } });
    await expect(once(join("rtc_none"), "open")).rejects.toThrow("404");
  });
});
