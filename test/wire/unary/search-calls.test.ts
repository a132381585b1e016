import { describe, expect, it } from "vitest";
import { apiKeyAuth } from "../../../src/api/auth.ts";
import { CallsClient } from "../../../src/api/endpoints/calls.ts";
import { SearchClient, type SearchRequest } from "../../../src/api/endpoints/search.ts";
import { RealtimeWebSocketClient } from "../../../src/api/realtime/client.ts";
import { ClientSecretsClient } from "../../../src/api/realtime/client-secrets.ts";
import { clientOptions, emulate } from "../../support/clients.ts";
import { errorOf } from "../../support/transport.ts";

describe("search", () => {
  const request: SearchRequest = {
    id: "s1",
    model: "m",
    commands: {
      search_query: [{ q: "sse", recency: 7 }],
      literature_search_query: [{ q: "attention", domains: ["arxiv.org"] }],
      open: [{ ref_id: "r0" }],
      response_length: "short",
    },
    settings: { user_location: { type: "approximate", country: "DE" }, allowed_callers: ["direct"] },
    max_output_tokens: 100,
  };

  it("sends the request as it is and returns both outputs", async () => {
    const emulator = await emulate();
    const answer = await new SearchClient(clientOptions(emulator.url)).search(request);
    expect(answer.output).toMatch(/^\[0\] search_query: .*sse.*\n\[1\] literature_search_query: .*attention/);
    expect(answer.encrypted_output).toEqual(expect.any(String));
    expect([emulator.requests[0]?.method, emulator.requests[0]?.path]).toEqual(["POST", "/v1/alpha/search"]);
    expect(emulator.requests[0]?.json).toEqual(request);
  });

  it("sends a text as a text and items as the wire has them", async () => {
    const emulator = await emulate();
    const client = new SearchClient(clientOptions(emulator.url));
    await client.search({ id: "s1", model: "m", input: "what is new?" });
    await client.search({
      id: "s1",
      model: "m",
      input: [{ type: "reasoning", id: "rs_1", summary: [], encrypted_content: "e" }],
    });
    expect(emulator.requests.map(({ json }) => (json as { input: unknown }).input)).toEqual([
      "what is new?",
      [{ type: "reasoning", summary: [], content: null, encrypted_content: "e" }],
    ]);
  });

  it("sends the settings of reasoning", async () => {
    const emulator = await emulate();
    await new SearchClient(clientOptions(emulator.url)).search({ id: "s1", model: "m", reasoning: { effort: "low" } });
    expect(emulator.requests[0]?.json).toEqual({ id: "s1", model: "m", reasoning: { effort: "low" } });
  });

  it("has no encrypted output where the service says null, and keeps what is new", async () => {
    const emulator = await emulate({
      script: [{ status: 200, body: { output: "a", encrypted_output: null, more: 1 } }],
    });
    const answer = await new SearchClient(clientOptions(emulator.url)).search(request);
    expect(answer).toEqual({ output: "a", more: 1 });
  });

  it.each<[unknown, string]>([
    [{}, "missing field `output`"],
    [{ output: ["a"] }, "output: invalid type: sequence, expected a string"],
    [{ output: "a", encrypted_output: 1 }, "encrypted_output: invalid type: integer `1`, expected a string"],
    [[], "invalid type: sequence, expected a JSON object"],
  ])("an answer %j is a protocol error", async (body, why) => {
    const emulator = await emulate({ script: [{ status: 200, body }] });
    const error = await errorOf(new SearchClient(clientOptions(emulator.url)).search(request));
    expect(error).toMatchObject({
      kind: "protocol",
      message: expect.stringContaining(`failed to decode search response: ${why}`),
    });
  });

  it.each([{ model: "m" }, { id: "s1" }, { id: "", model: "m" }])("a request %j is not sent", async (incomplete) => {
    const emulator = await emulate();
    const error = await errorOf(new SearchClient(clientOptions(emulator.url)).search(incomplete as SearchRequest));
    expect(error).toMatchObject({ kind: "build" });
    expect(emulator.requests).toEqual([]);
  });
});

describe("calls", () => {
  const offer = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n";
  const session = { type: "realtime", id: "sess_1", model: "gpt-realtime", instructions: "hi" };

  it("send the offer alone as SDP", async () => {
    const emulator = await emulate();
    const call = await new CallsClient(clientOptions(emulator.url)).create(offer);
    expect(call.sdp).toMatch(/^v=0\r\n/);
    expect(call.callId).toMatch(/^rtc_/);
    const [request] = emulator.requests;
    expect([request?.method, request?.path]).toEqual(["POST", "/v1/realtime/calls"]);
    expect(request?.headers["content-type"]).toBe("application/sdp");
    expect(Buffer.from(request?.body ?? []).toString()).toBe(offer);
  });

  it("send offer and session in parts with the fixed boundary", async () => {
    const emulator = await emulate();
    await new CallsClient(clientOptions(emulator.url)).create(offer, { session });
    const [request] = emulator.requests;
    expect(request?.headers["content-type"]).toBe("multipart/form-data; boundary=codex-realtime-call-boundary");
    expect(Buffer.from(request?.body ?? []).toString()).toBe(
      [
        "--codex-realtime-call-boundary",
        'Content-Disposition: form-data; name="sdp"',
        "Content-Type: application/sdp",
        "",
        offer,
        "--codex-realtime-call-boundary",
        'Content-Disposition: form-data; name="session"',
        "Content-Type: application/json",
        "",
        '{"type":"realtime","model":"gpt-realtime","instructions":"hi"}',
        "--codex-realtime-call-boundary--",
        "",
      ].join("\r\n"),
    );
  });

  it("send both as JSON to the ChatGPT backend", async () => {
    const emulator = await emulate();
    const client = new CallsClient(clientOptions(`${emulator.origin}/backend-api/codex`));
    await client.create(offer, { session });
    const { id: _left, ...sent } = session;
    expect(emulator.requests[0]?.path).toBe("/backend-api/codex/realtime/calls");
    expect(emulator.requests[0]?.json).toEqual({ sdp: offer, session: sent });
  });

  it.each<[string, string | undefined]>([
    ["rtc_test", "/v1/realtime/calls/rtc_test"],
    ["rtc_backend", "/v1/realtime/calls/calls/rtc_backend?x=/rtc_query"],
    ["rtc_2", "https://h/rtc_1/rtc_2/end"],
    ["rtc_1", "rtc_1"],
  ])("are known by %s of %s", async (callId, location) => {
    const emulator = await emulate({ script: [{ status: 200, headers: { location }, body: "v=0" }] });
    expect(await new CallsClient(clientOptions(emulator.url)).create(offer)).toEqual({ callId, sdp: "v=0" });
  });

  it.each<[string | undefined, RegExp]>([
    [undefined, /missing Location/],
    ["/v1/realtime/calls/rtc_", /does not contain a call id: \/v1\/realtime\/calls\/rtc_$/],
    ["/calls?id=rtc_1", /does not contain a call id: \/calls$/],
    ["/calls/rtc_\u00e9", /not ASCII/],
  ])("fail with a Location %j", async (location, message) => {
    const emulator = await emulate({ script: [{ status: 200, headers: { location }, body: "v=0" }] });
    const error = await errorOf(new CallsClient(clientOptions(emulator.url)).create(offer));
    expect(error).toMatchObject({ kind: "protocol" });
    expect(error.message).toMatch(message);
  });

  it("fail with an answer that is no text", async () => {
    const script = [{ status: 200, headers: { location: "/rtc_1" }, body: Uint8Array.of(0xff, 0xfe) }];
    const emulator = await emulate({ script });
    const error = await errorOf(new CallsClient(clientOptions(emulator.url)).create(offer));
    expect(error).toMatchObject({ kind: "protocol" });
    expect(error.message).toMatch(/^failed to decode realtime call SDP response/);
  });

  it("are not made with an offer that holds the boundary, or none", async () => {
    const client = new CallsClient(clientOptions("http://127.0.0.1:9"));
    expect(await errorOf(client.create(""))).toMatchObject({ kind: "build" });
    const trap = `${offer}--codex-realtime-call-boundary--`;
    expect(await errorOf(client.create(trap, { session }))).toMatchObject({ kind: "build" });
  });

  it("are hung up once, and others accepted, rejected and passed on", async () => {
    const emulator = await emulate();
    const client = new CallsClient(clientOptions(emulator.url));
    const { callId } = await client.create(offer);
    await client.hangUp(callId);
    expect(await errorOf(client.hangUp(callId))).toMatchObject({ status: 404 });
    await client.accept("rtc_in", { model: "gpt-realtime-2.1", audio: { input: { turn_detection: null } } });
    await client.reject("rtc_in", { statusCode: 486 });
    await client.refer("rtc_in", "tel:+14155550123");
    expect(await errorOf(client.hangUp(""))).toMatchObject({ kind: "build" });
    expect(emulator.requests.slice(-3).map(({ path, json }) => [path, json])).toEqual([
      [
        "/v1/realtime/calls/rtc_in/accept",
        { type: "realtime", model: "gpt-realtime-2.1", audio: { input: { turn_detection: null } } },
      ],
      ["/v1/realtime/calls/rtc_in/reject", { status_code: 486 }],
      ["/v1/realtime/calls/rtc_in/refer", { target_uri: "tel:+14155550123" }],
    ]);
  });
});

describe("a client secret", () => {
  it("is made for a session, and opens one that keeps it", async () => {
    const emulator = await emulate();
    const secret = await new ClientSecretsClient(clientOptions(emulator.url)).create({
      expiresAfterMs: 60_000,
      session: { model: "gpt-realtime-2.1", instructions: "hi" },
    });
    expect(secret).toMatchObject({ value: expect.stringMatching(/^ek_/), session: { instructions: "hi" } });
    expect(secret.expiresAt - Date.now() / 1000).toBeGreaterThan(50);
    expect(emulator.requests[0]?.json).toEqual({
      expires_after: { anchor: "created_at", seconds: 60 },
      session: { type: "realtime", model: "gpt-realtime-2.1", instructions: "hi" },
    });
    const client = new RealtimeWebSocketClient({ ...clientOptions(emulator.url), auth: apiKeyAuth(secret.value) });
    const connection = await client.connect({ model: "gpt-realtime-2.1", session: "keep" });
    expect(await connection.nextEvent()).toMatchObject({ type: "session_created" });
    await connection.append(new Uint8Array([1, 2, 3]));
    await connection.close();
    expect(emulator.requests.slice(2).map(({ json }) => json)).toEqual([
      { type: "input_audio_buffer.append", audio: "AQID" },
    ]);
  });
});
