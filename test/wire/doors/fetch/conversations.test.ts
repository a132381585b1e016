import { describe, expect, it } from "vitest";
import { emulate } from "../../../support/clients.ts";
import { bodiesAt, handshakesAt, kindsOf, wire } from "../../session/support.ts";
import { eventsIn, HELLO, post, responsesFetch } from "../support.ts";

const message = (text: string) => ({ role: "user", content: [{ type: "input_text", text }], type: "message" });

describe("a conversation", () => {
  it("sends only new items, and recognises references to earlier ones", async () => {
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

  it("keeps the client's headers, and adds none of its own", async () => {
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

  it("has no field that the client did not send", async () => {
    const emulator = await emulate();
    const body = { model: "gpt-5.5", input: [message("hi")], stream: true, metadata: { a: "b" } };
    await (await post(responsesFetch(), emulator, body)).text();
    expect(bodiesAt(emulator)[0]).toEqual({ type: "response.create", ...body });
  });

  it("of another user with the same prompt cache key has its own connection", async () => {
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

  it("runs at the same time as others with its key, and over HTTP if all connections are in use", async () => {
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

  it("goes over HTTP if there is no WebSocket, and does not try to open one again", async () => {
    const emulator = await emulate({ websockets: false });
    const send = responsesFetch();
    for (let turn = 0; turn < 2; turn += 1) await (await post(send, emulator, HELLO)).text();
    expect(kindsOf(emulator)).toEqual(["handshake", "http", "http"]);
  });
});
