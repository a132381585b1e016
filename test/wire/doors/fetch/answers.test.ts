import { describe, expect, it } from "vitest";
import { emulate } from "../../../support/clients.ts";
import { serve } from "../../../support/serve.ts";
import { bodiesAt, kindsOf, wire } from "../../session/support.ts";
import { both, eventsIn, HELLO, post, readText, responsesFetch, told } from "../support.ts";

describe("an answer", () => {
  const failedWithin = { id: "resp_1", status: "failed", error: { code: "server_error", message: "no" }, output: [] };

  it("has the same events over a WebSocket as over HTTP, in the same form", async () => {
    const { http, ours, emulator } = await both({ ...HELLO, reasoning: { summary: "auto" } }, { rateLimits: false });
    expect(ours.status).toBe(200);
    expect(ours.headers.get("content-type")).toBe(http.headers.get("content-type"));
    const [theirs, text] = [await http.text(), await ours.text()];
    expect(told(text)).toEqual(told(theirs));
    expect(eventsIn(text).at(-1)?.data).toMatchObject({ type: "response.completed" });
    expect(kindsOf(emulator)).toEqual(["handshake", "frame"]);
  });

  it("is collected if no stream was requested", async () => {
    const { http, ours, emulator } = await both({ ...HELLO, stream: false });
    const [theirs, mine] = (await Promise.all([http.json(), ours.json()])) as [object, object];
    expect(Object.keys(mine).sort()).toEqual(Object.keys(theirs).sort());
    expect(mine).toMatchObject({ status: "completed", output: [{ content: [{ text: "17*23 = 391" }] }] });
    expect(ours.headers.get("content-type")).toContain("application/json");
    expect(kindsOf(emulator)).toEqual(["handshake", "frame"]);
  });

  it("keeps events with any characters and line ends", async () => {
    const delta = "ä € 😀 \u2028 ".repeat(2000);
    const events = [wire.created, wire.delta(delta), wire.delta("ä"), wire.completed()];
    const emulator = await emulate({
      script: [{ events }, { frames: [JSON.stringify(wire.created, null, 1), JSON.stringify(wire.completed())] }],
    });
    const send = responsesFetch();
    const first = eventsIn(await (await post(send, emulator, HELLO)).text());
    expect(first.map(({ data }) => data)).toEqual(events);
    const second = eventsIn(await (await post(send, emulator, HELLO)).text());
    expect(second[0]?.data).toEqual(wire.created);
  });

  it("can be read by several calls at once", async () => {
    const emulator = await emulate({ script: [{ chunkBytes: 100 }] });
    const { body } = await post(responsesFetch({ carrier: "http" }), emulator, HELLO);
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    let text = "";
    for (let isOver = false; !isOver; ) {
      for (const { done, value } of await Promise.all([reader.read(), reader.read(), reader.read()])) {
        text += Buffer.from(value ?? []).toString();
        isOver ||= done;
      }
    }
    expect(eventsIn(text).at(-1)?.event).toBe("response.completed");
  });

  it("that ends incomplete or failed has the same end as over HTTP", async () => {
    for (const step of [{ incomplete: "max_output_tokens" }, { failed: { code: "server_error", message: "no" } }]) {
      const { http, ours, emulator } = await both(HELLO, { script: [step], rateLimits: false });
      expect(told(await ours.text())).toEqual(told(await http.text()));
      expect(bodiesAt(emulator)).toHaveLength(1);
    }
  });

  it.each([
    ["that fails in the status of its end", [{ type: "response.completed", response: failedWithin }]],
    ["that fails in an event without a type", [{ error: { message: "no", code: "server_error" } }]],
    [
      "that fails in an event with the name of an error as its type",
      [{ object: "error", type: "BadRequestError", message: "no" }],
    ],
    ["with an event without a type that is no failure", [{ note: "still working" }, wire.completed()]],
  ])("%s has all its events, over both carriers", async (_what, rest) => {
    const events = [wire.created, wire.delta("a"), ...rest];
    for (const carrier of ["websocket", "http"] as const) {
      const emulator = await emulate({ script: [{ events }], rateLimits: false });
      const { text, error } = await readText(await post(responsesFetch({ carrier }), emulator, HELLO));
      expect(error).toBeUndefined();
      expect(eventsIn(text).map(({ data }) => data)).toEqual(events);
      expect(bodiesAt(emulator)).toHaveLength(1);
    }
  });

  it("that fails in the status of its end is that response if no stream was requested", async () => {
    const events = [wire.created, { type: "response.completed", response: failedWithin }];
    const emulator = await emulate({ script: [{ events }], rateLimits: false });
    const answer = await post(responsesFetch({ carrier: "websocket" }), emulator, { ...HELLO, stream: false });
    expect(await answer.json()).toEqual(failedWithin);
  });

  // parity: stream/odd-numbers
  it("is collected although its end contains numbers that JSON does not have", async () => {
    const end = JSON.stringify(wire.completed()).replace(/\}$/, ',"score":-Infinity}');
    const emulator = await emulate({ script: [{ frames: [JSON.stringify(wire.created), end] }], rateLimits: false });
    const answer = await post(responsesFetch({ carrier: "websocket" }), emulator, { ...HELLO, stream: false });
    expect(await answer.json()).toEqual({ ...wire.completed().response, output: [] });
  });

  it("that failed is the failed response if no stream was requested", async () => {
    const { ours, emulator } = await both(
      { ...HELLO, stream: false },
      { script: [{ failed: { code: "server_error", message: "no" } }] },
    );
    expect(ours.status).toBe(200);
    expect(await ours.json()).toMatchObject({ status: "failed", error: { code: "server_error", message: "no" } });
    expect(bodiesAt(emulator)).toHaveLength(1);
  });
});

// parity: sse/whole-answer
it.each([true, false])(
  "of a service that does not stream, it is the answer nevertheless (stream: %s)",
  async (stream) => {
    const item = { type: "message", role: "assistant", content: [{ type: "output_text", text: "391" }] };
    const whole = { id: "resp_1", object: "response", status: "completed", output: [item] };
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { "content-type": "application/json" }).end(`\uFEFF${JSON.stringify(whole)}\n`);
    });
    const answer = await post(responsesFetch({ carrier: "http" }), { url }, { ...HELLO, stream });
    const { text, error } = await readText(answer);
    expect(error).toBeUndefined();
    if (!stream) expect(JSON.parse(text)).toEqual(whole);
    else
      expect(eventsIn(text)).toEqual([
        { event: "response.completed", data: { type: "response.completed", response: whole } },
      ]);
  },
);
