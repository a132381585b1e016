import { describe, expect, it } from "vitest";
import { createFetch } from "../../../src/client/index.ts";
import { apiKeyAuth, CodexApiError, openaiProvider } from "../../../src/index.ts";
import { emulate } from "../../support/clients.ts";
import { bodiesAt, handshakesAt, kindsOf, wire } from "../session/support.ts";
import { both, eventsIn, post, readText, responsesFetch, told } from "./support.ts";

const HELLO = { model: "gpt-5.5", input: "17*23", stream: true };
const message = (text: string) => ({ role: "user", content: [{ type: "input_text", text }], type: "message" });

describe("an answer", () => {
  it("comes over a WebSocket as over HTTP: the same events, in the same form", async () => {
    const { http, ours, emulator } = await both({ ...HELLO, reasoning: { summary: "auto" } }, { rateLimits: false });
    expect(ours.status).toBe(200);
    expect(ours.headers.get("content-type")).toBe(http.headers.get("content-type"));
    const [theirs, text] = [await http.text(), await ours.text()];
    expect(told(text)).toEqual(told(theirs));
    expect(eventsIn(text).at(-1)?.data).toMatchObject({ type: "response.completed" });
    expect(kindsOf(emulator)).toEqual(["handshake", "frame"]);
  });

  it("is collected where no stream was asked for", async () => {
    const { http, ours, emulator } = await both({ ...HELLO, stream: false });
    const [theirs, mine] = (await Promise.all([http.json(), ours.json()])) as [object, object];
    expect(Object.keys(mine).sort()).toEqual(Object.keys(theirs).sort());
    expect(mine).toMatchObject({ status: "completed", output: [{ content: [{ text: "17*23 = 391" }] }] });
    expect(ours.headers.get("content-type")).toContain("application/json");
    expect(kindsOf(emulator)).toEqual(["handshake", "frame"]);
  });

  it("keeps an event of any characters and lines whole", async () => {
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

  it("goes to as many reads at once as ask for it", async () => {
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

  it("that ends incomplete or failed ends as over HTTP", async () => {
    for (const step of [{ incomplete: "max_output_tokens" }, { failed: { code: "server_error", message: "no" } }]) {
      const { http, ours, emulator } = await both(HELLO, { script: [step], rateLimits: false });
      expect(told(await ours.text())).toEqual(told(await http.text()));
      expect(bodiesAt(emulator)).toHaveLength(1);
    }
  });

  const failedWithin = { id: "resp_1", status: "failed", error: { code: "server_error", message: "no" }, output: [] };

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

  it("that fails in the status of its end is told as that response where no stream was asked for", async () => {
    const events = [wire.created, { type: "response.completed", response: failedWithin }];
    const emulator = await emulate({ script: [{ events }], rateLimits: false });
    const answer = await post(responsesFetch({ carrier: "websocket" }), emulator, { ...HELLO, stream: false });
    expect(await answer.json()).toEqual(failedWithin);
  });

  // parity: stream/odd-numbers
  it("is collected although its end has numbers that are none", async () => {
    const end = JSON.stringify(wire.completed()).replace(/\}$/, ',"score":-Infinity}');
    const emulator = await emulate({ script: [{ frames: [JSON.stringify(wire.created), end] }], rateLimits: false });
    const answer = await post(responsesFetch({ carrier: "websocket" }), emulator, { ...HELLO, stream: false });
    expect(await answer.json()).toEqual({ ...wire.completed().response, output: [] });
  });

  it("that failed is told as the response it is where no stream was asked for", async () => {
    const { ours, emulator } = await both(
      { ...HELLO, stream: false },
      { script: [{ failed: { code: "server_error", message: "no" } }] },
    );
    expect(ours.status).toBe(200);
    expect(await ours.json()).toMatchObject({ status: "failed", error: { code: "server_error", message: "no" } });
    expect(bodiesAt(emulator)).toHaveLength(1);
  });
});

describe("a refusal", () => {
  const statuses = [400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 529];
  it.each(statuses)("with status %i comes with its headers and its body, once", async (status) => {
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

  it("of the handshake is the request's", async () => {
    const body = { error: { message: "Slow down.", code: "rate_limit_exceeded" } };
    const refuse = { status: 429, headers: { "retry-after": "3" }, body };
    const emulator = await emulate({ script: [{ refuse }] });
    const answer = await post(responsesFetch(), emulator, HELLO);
    expect(answer.status).toBe(429);
    expect(answer.headers.get("retry-after")).toBe("3");
    expect(await answer.json()).toEqual(body);
    expect(emulator.requests).toHaveLength(1);
  });

  it("of a body that no session can read is the service's own", async () => {
    const emulator = await emulate();
    const answer = await post(responsesFetch(), emulator, { model: "gpt-5.5", input: 5 });
    expect(answer.status).toBe(400);
    expect(kindsOf(emulator)).toEqual(["http"]);
  });
});

describe("what breaks", () => {
  const cut = { events: [wire.created, wire.delta("lost")], terminateAfterEvents: 2 };

  it("behind output breaks the body, and is not asked again", async () => {
    const emulator = await emulate({ script: [cut], rateLimits: false });
    const { text, error } = await readText(await post(responsesFetch(), emulator, HELLO));
    expect(text).toContain("lost");
    expect(error).toMatchObject({ name: "TypeError", cause: { kind: "stream" } });
    expect(bodiesAt(emulator)).toHaveLength(1);
  });

  it("before output is begun anew unseen, and numbered on", async () => {
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

  it("without an answer is the client's to try again", async () => {
    const emulator = await emulate({ websockets: false, script: [{ resetBeforeHeaders: true }] });
    const asked = post(responsesFetch({ carrier: "http" }), emulator, HELLO);
    await expect(asked).rejects.toMatchObject({
      name: "TypeError",
      message: "fetch failed",
      cause: { kind: "network" },
    });
    expect(bodiesAt(emulator)).toHaveLength(1);
  });

  it("on a connection that was kept is replaced once", async () => {
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
  ])("because our connection %s is asked again unseen", async (_why, options) => {
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

  it("because the client goes on from a response that is gone is the client's to hear", async () => {
    const emulator = await emulate();
    const answer = await post(responsesFetch(), emulator, { ...HELLO, previous_response_id: "resp_gone" });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { code: "previous_response_not_found" } });
    expect(bodiesAt(emulator)).toHaveLength(1);
  });

  it("by the client's signal rejects with its reason, before the head and behind it, and ends the generation", async () => {
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

  it("by a reader who leaves ends the generation", async () => {
    const emulator = await emulate({ script: [{ events: [wire.created, wire.delta("x")], stallAfterEvents: 2 }] });
    const answer = await post(responsesFetch(), emulator, HELLO);
    await answer.body?.cancel();
    await emulator.waitForClosedWebSockets(1);
  });
});

describe("a conversation", () => {
  it("sends only what is new, and an item by its reference is known", async () => {
    const emulator = await emulate({ rateLimits: false });
    const send = responsesFetch();
    const input: object[] = [message("My cat is called Ada")];
    const ask = async (extra: object = {}) => {
      const answer = await post(send, emulator, { ...HELLO, input, ...extra });
      const end = eventsIn(await answer.text()).at(-1)?.data as unknown as { response: { output: { id: string }[] } };
      return end.response;
    };
    const first = await ask();
    input.push(...first.output, message("what did I just say?"));
    const second = await ask();
    input.push(...second.output.map(({ id }) => ({ type: "item_reference", id })), message("17*23"));
    const third = await ask();
    expect(third.output).toMatchObject([{ content: [{ text: "17*23 = 391" }] }]);
    const bodies = bodiesAt(emulator);
    expect(bodies.map((body) => body.input.length)).toEqual([1, 1, 1]);
    expect(bodies[2]).toHaveProperty("previous_response_id");
    expect(handshakesAt(emulator)).toHaveLength(1);
  });

  it("keeps what the client asks for in headers, and no more", async () => {
    const emulator = await emulate({ requireWebSocketBeta: true });
    const headers = { "openai-beta": "something=v2", "x-custom": "c", "user-agent": "sdk/1" };
    expect((await post(responsesFetch(), emulator, HELLO, { headers })).status).toBe(200);
    const [handshake] = handshakesAt(emulator);
    expect(handshake?.headers).toMatchObject({
      "openai-beta": "something=v2, responses_websockets=2026-02-06",
      "x-custom": "c",
      "user-agent": "sdk/1",
    });
    for (const name of ["content-type", "session_id", "x-client-request-id"])
      expect(handshake?.headers).not.toHaveProperty(name);
  });

  it("gets no field that the client did not send", async () => {
    const emulator = await emulate();
    const body = { model: "gpt-5.5", input: [message("hi")], stream: true, metadata: { a: "b" } };
    await (await post(responsesFetch(), emulator, body)).text();
    expect(bodiesAt(emulator)[0]).toEqual({ type: "response.create", ...body });
  });

  it("of another user with the same key name has a connection of its own", async () => {
    const emulator = await emulate();
    const send = responsesFetch();
    const ask = async (key: string) =>
      (
        await post(
          send,
          emulator,
          { ...HELLO, prompt_cache_key: "same" },
          { headers: { authorization: `Bearer ${key}` } },
        )
      ).text();
    await ask("one");
    await ask("two");
    await ask("one");
    const sent = handshakesAt(emulator).map(({ headers }) => headers.authorization);
    expect(sent).toEqual(["Bearer one", "Bearer two"]);
    const frames = emulator.requests.filter(({ kind }) => kind === "frame").map(({ connection }) => connection);
    expect(frames[2]).toBe(frames[0]);
    expect(frames[1]).not.toBe(frames[0]);
  });

  it("runs beside others of its key, and over HTTP where all connections are at work", async () => {
    const events = [wire.created, wire.delta("x")];
    const emulator = await emulate({
      script: [
        { events, stallAfterEvents: 2 },
        { events, stallAfterEvents: 2 },
      ],
    });
    const send = responsesFetch({ maxConnections: 2 });
    const body = { ...HELLO, prompt_cache_key: "app" };
    const open = [await post(send, emulator, body), await post(send, emulator, body)];
    const third = await post(send, emulator, body);
    expect(eventsIn(await third.text()).at(-1)?.data.type).toBe("response.completed");
    expect(kindsOf(emulator).at(-1)).toBe("http");
    for (const { body: stream } of open) await stream?.cancel();
  });

  it("goes over HTTP where there is no WebSocket, and asks for one no more", async () => {
    const emulator = await emulate({ websockets: false });
    const send = responsesFetch();
    for (let turn = 0; turn < 2; turn += 1) await (await post(send, emulator, HELLO)).text();
    expect(kindsOf(emulator)).toEqual(["handshake", "http", "http"]);
  });
});

describe("everything else", () => {
  it("goes out as it is: other endpoints, uploads, an answer in the background", async () => {
    const emulator = await emulate();
    const send = responsesFetch();
    const headers = { authorization: "Bearer k" };
    const models = await send(`${emulator.url}/models`, { headers });
    expect(await models.json()).toHaveProperty("data");
    const form = new FormData();
    form.append("purpose", "user_data");
    form.append("file", new Blob(["abc"]), "a.txt");
    const upload = await send(`${emulator.url}/files`, { method: "POST", headers, body: form });
    expect(await upload.json()).toMatchObject({ filename: "a.txt", bytes: 3 });
    const queued = await post(send, emulator, { ...HELLO, stream: false, background: true, store: true });
    expect(await queued.json()).toMatchObject({
      background: true,
      status: expect.stringMatching(/queued|in_progress/),
    });
    expect(new Set(kindsOf(emulator))).toEqual(new Set(["http"]));
  });

  it("takes a body in any form, and a Request", async () => {
    const emulator = await emulate();
    const send = responsesFetch();
    const text = JSON.stringify(HELLO);
    const init = { method: "POST", headers: { authorization: "Bearer k", "content-type": "application/json" } };
    const url = `${emulator.url}/responses`;
    for (const answer of [
      await send(url, { ...init, body: new TextEncoder().encode(text) }),
      await send(new URL(url), { ...init, body: new Blob([text]) }),
      await send(new Request(url, { ...init, body: text })),
    ]) {
      expect(eventsIn(await answer.text()).at(-1)?.data.type).toBe("response.completed");
      expect(answer.url).toBe(url);
    }
    expect(kindsOf(emulator)).not.toContain("http");
  });

  it("carries the credentials of the options, below the service's own address alone", async () => {
    const emulator = await emulate({ requireAuth: "inside" });
    const other = await emulate();
    const send = responsesFetch({
      provider: openaiProvider({ baseUrl: emulator.url, proxy: false }),
      auth: apiKeyAuth("inside"),
    });
    expect((await post(send, emulator, HELLO)).status).toBe(200);
    expect((await send(`${emulator.url}/models`, { headers: { authorization: "Bearer k" } })).status).toBe(200);
    await post(send, other, HELLO);
    expect(other.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer k"]);
  });

  it("keeps no more services than it is used for: those asked last, and those at work", async () => {
    const emulator = await emulate({
      script: (request) =>
        JSON.stringify(request.body ?? {}).includes("stay")
          ? { events: [wire.created], stallAfterEvents: 1 }
          : undefined,
    });
    const send = responsesFetch();
    const ask = (version: number, input = "hi") =>
      send(`${emulator.url}/responses?api-version=${version}`, {
        method: "POST",
        headers: { authorization: "Bearer k" },
        body: JSON.stringify({ ...HELLO, input }),
      });
    const stays = await ask(0, "stay");
    for (let version = 1; version <= 34; version += 1) await (await ask(version)).text();
    await emulator.waitForClosedWebSockets(3);
    expect(handshakesAt(emulator)).toHaveLength(35);
    const { done } = (await stays.body?.getReader().read()) ?? {};
    expect(done).toBe(false);
    await (await ask(34)).text();
    expect(handshakesAt(emulator)).toHaveLength(35);
    await (await ask(3)).text(); // the third that was closed, as the first of all is at work
    expect(handshakesAt(emulator)).toHaveLength(36);
  });

  it("takes credentials to no address that a redirect names", async () => {
    const elsewhere = await emulate();
    const emulator = await emulate({
      script: () => ({ status: 307, headers: { location: `${elsewhere.url}/models` } }),
    });
    const provider = openaiProvider({ env: {}, baseUrl: emulator.url, proxy: false });
    for (const auth of [apiKeyAuth("inside"), { headers: () => ({ "api-key": "inside" }) }]) {
      const answer = await responsesFetch({ provider, auth })(`${emulator.url}/models`);
      await answer.text();
    }
    expect(emulator.requests).toHaveLength(2);
    expect(JSON.stringify(elsewhere.requests)).not.toContain("inside");
  });

  it("fails with what fetch fails with", async () => {
    const emulator = await emulate();
    await emulator.close();
    const [theirs, ours] = await Promise.all(
      [createFetch({ env: {} }), responsesFetch()].map((send) =>
        post(send, emulator, HELLO).catch((error: unknown) => error),
      ),
    );
    expect(ours).toMatchObject({ name: "TypeError", message: (theirs as Error).message });
    expect(CodexApiError.is((ours as Error).cause)).toBe(true);
  });

  it("says what is wrong with its options at once", () => {
    expect(() => responsesFetch({ provider: openaiProvider({ baseUrl: "nonsense" }) })).toThrow(/base URL/);
    expect(() => responsesFetch({ auth: apiKeyAuth("k") })).toThrow(/auth needs provider/);
    expect(() => responsesFetch({ env: { SSL_CERT_FILE: "/nowhere.pem" } })).toThrow(/nowhere/);
  });
});

it("sends nothing more once it is closed, and opens nothing", async () => {
  const emulator = await emulate();
  const ours = responsesFetch();
  await (await post(ours, emulator, { model: "m", input: "hi" })).text();
  await Promise.all([ours.close(), ours.close()]);
  const sent = emulator.requests.length;
  for (const ask of [() => post(ours, emulator, { model: "m", input: "hi" }), () => ours(`${emulator.url}/models`)])
    await expect(ask()).rejects.toMatchObject({ name: "TypeError", cause: { kind: "build", message: /closed/ } });
  expect(emulator.requests).toHaveLength(sent);
});
