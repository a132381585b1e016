import { describe, expect, it } from "vitest";
import { emulate } from "../../../support/clients.ts";
import { bodiesAt, kindsOf, wire } from "../../session/support.ts";
import { both, eventsIn, HELLO, post, readText, responsesFetch } from "../support.ts";

describe("a refusal", () => {
  const statuses = [400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 529];

  it.each(statuses)("with status %i is passed on with its headers and its body, and not retried", async (status) => {
    const body = { error: { message: "Because.", type: "some_type", code: "some_code", param: null } };
    const step = { status, headers: { "retry-after": "7", "x-mark": "m" }, body };
    for (const stream of [true, false]) {
      const { http, ours, emulator } = await both({ ...HELLO, stream }, { script: [step], rateLimits: false });
      expect(ours.status).toBe(http.status);
      expect(ours.headers.get("retry-after")).toBe("7");
      expect(ours.headers.get("x-mark")).toBe("m");
      expect(await ours.json()).toEqual(await http.json());
      expect(bodiesAt(emulator)).toHaveLength(1);
    }
  });

  it("of the handshake answers the request", async () => {
    const body = { error: { message: "Slow down.", code: "rate_limit_exceeded" } };
    const refuse = { status: 429, headers: { "retry-after": "3" }, body };
    const emulator = await emulate({ script: [{ refuse }] });
    const answer = await post(responsesFetch(), emulator, HELLO);
    expect(answer.status).toBe(429);
    expect(answer.headers.get("retry-after")).toBe("3");
    expect(await answer.json()).toEqual(body);
    expect(emulator.requests).toHaveLength(1);
  });

  it("of a body that no session can send is the service's own", async () => {
    const emulator = await emulate();
    const answer = await post(responsesFetch(), emulator, { model: "gpt-5.5", input: 5 });
    expect(answer.status).toBe(400);
    expect(kindsOf(emulator)).toEqual(["http"]);
  });
});

describe("a break", () => {
  const cut = { events: [wire.created, wire.delta("lost")], terminateAfterEvents: 2 };

  it("after output breaks the body, and the request is not repeated", async () => {
    const emulator = await emulate({ script: [cut], rateLimits: false });
    const { text, error } = await readText(await post(responsesFetch(), emulator, HELLO));
    expect(text).toContain("lost");
    expect(error).toMatchObject({ name: "TypeError", cause: { kind: "stream" } });
    expect(bodiesAt(emulator)).toHaveLength(1);
  });

  it("before output is hidden: the stream starts again, and the sequence numbers continue", async () => {
    const events = [
      { ...wire.created, sequence_number: 0 },
      { type: "response.in_progress", sequence_number: 1 },
    ];
    const emulator = await emulate({ script: [{ events, terminateAfterEvents: 2 }], rateLimits: false });
    const { text, error } = await readText(await post(responsesFetch(), emulator, HELLO));
    expect(error).toBeUndefined();
    const all = eventsIn(text).map(({ data }) => data);
    expect(all.map(({ sequence_number }) => sequence_number)).toEqual(all.map((_, index) => index));
    expect(all.filter(({ type }) => type === "response.created")).toHaveLength(2);
    expect(all.at(-1)).toMatchObject({ type: "response.completed" });
    expect(bodiesAt(emulator)).toHaveLength(2);
  });

  it("without an answer is left to the client to retry", async () => {
    const emulator = await emulate({ websockets: false, script: [{ resetBeforeHeaders: true }] });
    const asked = post(responsesFetch({ carrier: "http" }), emulator, HELLO);
    await expect(asked).rejects.toMatchObject({
      name: "TypeError",
      message: "fetch failed",
      cause: { kind: "network" },
    });
    expect(bodiesAt(emulator)).toHaveLength(1);
  });

  it("on a kept connection is repeated on another one", async () => {
    const emulator = await emulate({ script: [{}, { resetAfterEvents: 0 }], rateLimits: false });
    const send = responsesFetch();
    await (await post(send, emulator, { ...HELLO, prompt_cache_key: "a" })).text();
    const answer = await post(send, emulator, { ...HELLO, prompt_cache_key: "a" });
    expect(eventsIn(await answer.text()).at(-1)?.data.type).toBe("response.completed");
    expect(bodiesAt(emulator)).toHaveLength(3);
  });

  it.each([
    ["is too old", { connectionMaxRequests: 1 }],
    [
      "has forgotten the last response",
      {
        script: [
          {},
          {
            status: 400,
            body: { error: { message: "gone", code: "previous_response_not_found", type: "invalid_request_error" } },
          },
        ],
      },
    ],
  ])("because our connection %s is hidden, and the request repeated", async (_why, options) => {
    const emulator = await emulate({ ...options, rateLimits: false });
    const send = responsesFetch();
    for (let turn = 0; turn < 2; turn += 1) {
      const { status, body } = await post(send, emulator, { ...HELLO, prompt_cache_key: "a" });
      const types = eventsIn(await new Response(body).text()).map(({ data }) => data.type);
      expect([status, types.filter((type) => type === "response.created" || type === "error"), types.at(-1)]).toEqual([
        200,
        ["response.created"],
        "response.completed",
      ]);
    }
    expect(bodiesAt(emulator)).toHaveLength(3);
  });

  it("because the client continues a response that is gone is reported to it", async () => {
    const emulator = await emulate();
    const answer = await post(responsesFetch(), emulator, { ...HELLO, previous_response_id: "resp_gone" });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { code: "previous_response_not_found" } });
    expect(bodiesAt(emulator)).toHaveLength(1);
  });

  it("by the client's signal rejects with its reason, before and after the head, and ends the generation", async () => {
    const reason = new DOMException("enough", "AbortError");
    const stalled = await emulate({ script: [{ stallBeforeHeaders: true }] });
    const before = new AbortController();
    const asked = post(responsesFetch(), stalled, HELLO, { signal: before.signal });
    while ((await stalled.nextRequest()).kind !== "frame");
    before.abort(reason);
    await expect(asked).rejects.toBe(reason);

    const endless = await emulate({ script: [{ events: [wire.created, wire.delta("x")], stallAfterEvents: 2 }] });
    const behind = new AbortController();
    const answer = await post(responsesFetch(), endless, HELLO, { signal: behind.signal });
    const reading = readText(answer);
    behind.abort(reason);
    expect((await reading).error).toBe(reason);
    await endless.waitForClosedWebSockets(1);
  });

  it("by a reader who cancels ends the generation", async () => {
    const emulator = await emulate({ script: [{ events: [wire.created, wire.delta("x")], stallAfterEvents: 2 }] });
    const answer = await post(responsesFetch(), emulator, HELLO);
    await answer.body?.cancel();
    await emulator.waitForClosedWebSockets(1);
  });
});
