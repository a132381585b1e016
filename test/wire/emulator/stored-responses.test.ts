import { describe, expect, it } from "vitest";
import { ofType, type StreamResponse } from "../../unit/emulator/stream-event.ts";
import { emulator, eventsOf, send, stream } from "./raw-client.ts";

const HELLO = { model: "gpt-5.5", input: "hello" };

async function created(url: string, body: object = HELLO): Promise<StreamResponse> {
  return (await send(`${url}/responses`, { body })).json as StreamResponse;
}

describe("a stored response", () => {
  it("can be retrieved and deleted, and is gone then", async () => {
    const { url } = await emulator();
    const response = await created(url);
    expect((await send(`${url}/responses/${response.id}`)).json).toEqual(response);
    const deletion = await send(`${url}/responses/${response.id}`, { method: "DELETE" });
    expect(deletion.json).toEqual({ id: response.id, object: "response", deleted: true });
    expect((await send(`${url}/responses/${response.id}`)).status).toBe(404);
  });

  it("is not there with store off", async () => {
    const { url } = await emulator();
    const { id } = await created(url, { ...HELLO, store: false });
    expect((await send(`${url}/responses/${id}`)).status).toBe(404);
  });

  it("gives its input page by page, newest first", async () => {
    const { url } = await emulator();
    const input = ["one", "two", "three"].map((content) => ({ role: "user", content }));
    const { id } = await created(url, { model: "m", input });
    const first = await send(`${url}/responses/${id}/input_items?limit=2`);
    expect(first.json).toMatchObject({
      object: "list",
      has_more: true,
      data: [{ content: "three" }, { content: "two" }],
    });
    const { last_id } = first.json as { last_id: string };
    const rest = await send(`${url}/responses/${id}/input_items?after=${last_id}`);
    expect(rest.json).toMatchObject({ has_more: false, data: [{ content: "one" }] });
    const oldest = await send(`${url}/responses/${id}/input_items?order=asc&limit=1`);
    expect(oldest.json).toMatchObject({ data: [{ content: "one" }] });
  });

  it("can be referred to item by item, and is not said twice", async () => {
    const { url } = await emulator();
    const { id, output } = await created(url);
    const reference = { type: "item_reference", id: output[0]?.id };
    const goneOn = { model: "m", previous_response_id: id, input: [reference, { role: "user", content: "17*23" }] };
    expect(JSON.stringify((await created(url, goneOn)).output)).toContain("391");
    const unknown = await send(`${url}/responses`, {
      body: { model: "m", input: [{ type: "item_reference", id: "msg_x" }] },
    });
    expect(unknown.status).toBe(404);
    expect(unknown.json).toMatchObject({ error: { message: "Item with id 'msg_x' not found." } });
  });

  it("counts the tokens of a request without an answer", async () => {
    const { url } = await emulator();
    const counted = await send(`${url}/responses/input_tokens`, { body: HELLO });
    const { usage } = await created(url);
    expect(counted.json).toEqual({ object: "response.input_tokens", input_tokens: usage.input_tokens });
  });
});

describe("a background response", () => {
  const BACKGROUND = { model: "m", input: "count to 20", background: true };

  it("is queued at first, and done when asked again later", async () => {
    const { url } = await emulator();
    const response = await created(url, BACKGROUND);
    expect(response).toMatchObject({ status: "queued", background: true });
    const streamed = await created(url, { model: "m", input: "hello" }); // another turn of the event loop at the server
    expect(streamed.status).toBe("completed");
    expect((await send(`${url}/responses/${response.id}`)).json).toMatchObject({ status: "completed" });
  });

  it("goes on when its reader leaves, and is streamed on from any event", async () => {
    const { url } = await emulator({ pace: { delayMsPerWord: 5 } });
    const whole = eventsOf((await send(`${url}/responses`, { body: { ...BACKGROUND, stream: true } })).text);
    expect(whole.map(({ sequence_number }) => sequence_number)).toEqual(whole.map((_, index) => index));
    expect(whole[1]?.type).toBe("response.queued");
    const { id } = ofType(whole, "response.created").response;
    const suffix = await send(`${url}/responses/${id}?stream=true&starting_after=4`);
    expect(eventsOf(suffix.text)).toEqual(whole.slice(5));
  });

  it("is followed while it is being made", async () => {
    const { url } = await emulator({ pace: { delayMsPerWord: 20 } });
    const { id } = await created(url, { ...BACKGROUND, stream: false });
    const refused = await send(`${url}/responses/${id}?stream=true`);
    expect(refused.json).toMatchObject({ error: { message: expect.stringContaining("not created with 'stream'") } });
  });

  it("can be cancelled, which ends its streams without a terminal event", async () => {
    const { url } = await emulator({ pace: { delayMsPerWord: 10_000 } });
    const streaming = send(`${url}/responses`, { body: { ...BACKGROUND, stream: true } });
    const id = await idOfTheOnly(url);
    const cancelled = await send(`${url}/responses/${id}/cancel`, { method: "POST" });
    expect(cancelled.json).toMatchObject({ id, status: "cancelled" });
    const events = eventsOf((await streaming).text);
    expect(events.at(-1)?.type).not.toMatch(/completed|failed|incomplete/);
    expect((await send(`${url}/responses/${id}`)).json).toMatchObject({ status: "cancelled" });
  });

  it("cannot be streamed any more after its time", async () => {
    const { url } = await emulator({ backgroundStreamableMs: 0 });
    const whole = eventsOf((await send(`${url}/responses`, { body: { ...BACKGROUND, stream: true } })).text);
    const { id } = ofType(whole, "response.created").response;
    const refused = await send(`${url}/responses/${id}?stream=true`);
    expect(refused.status).toBe(400);
    expect(refused.json).toMatchObject({ error: { message: expect.stringContaining("more than 5 minutes old") } });
  });

  it("needs to be stored, and an ordinary one cannot be cancelled", async () => {
    const { url } = await emulator();
    expect((await send(`${url}/responses`, { body: { ...BACKGROUND, store: false } })).status).toBe(400);
    const { id } = await created(url);
    const refused = await send(`${url}/responses/${id}/cancel`, { method: "POST" });
    expect(refused.json).toMatchObject({ error: { message: "Cannot cancel a synchronous response." } });
  });

  /** The id of the response under way: ids are the same after every start. */
  async function idOfTheOnly(url: string): Promise<string> {
    const other = await emulator();
    const { id } = await created(other.url, BACKGROUND);
    for (;;) if ((await send(`${url}/responses/${id}`)).status === 200) return id;
  }
});

describe("a conversation", () => {
  it("remembers what was said in it", async () => {
    const { url } = await emulator();
    const items = [{ role: "user", content: "My cat is called Ada" }];
    const conversation = (await send(`${url}/conversations`, { body: { items } })).json as { id: string };
    const response = await created(url, { model: "m", conversation: conversation.id, input: "what did I say?" });
    expect(response).toMatchObject({ conversation: { id: conversation.id } });
    expect(JSON.stringify(response.output)).toContain("Ada");
    const listed = await send(`${url}/conversations/${conversation.id}/items?order=asc`);
    expect(listed.json).toMatchObject({ data: [{ role: "user" }, { role: "user" }, { role: "assistant" }] });
    expect((await send(`${url}/conversations/${conversation.id}`, { method: "DELETE" })).json).toMatchObject({
      deleted: true,
    });
    expect((await send(`${url}/responses`, { body: { ...HELLO, conversation: conversation.id } })).status).toBe(404);
  });
});

it("compacts by itself past the threshold, and goes on from there", async () => {
  const { url } = await emulator();
  const input = [
    { role: "user", content: "remember the milk ".repeat(500) },
    { role: "user", content: "17*23" },
  ];
  const context_management = [{ type: "compaction", compact_threshold: 1000 }];
  const events = await stream(url, { input, context_management });
  expect(events.map(({ type }) => type)).toContain("response.compaction.compacting");
  const { id, output } = ofType(events, "response.completed").response;
  expect(output.map(({ type }) => type)).toEqual(["compaction", "message"]);
  const next = await stream(url, { input: "and 2+2?", previous_response_id: id });
  expect(ofType(next, "response.completed").response.usage.input_tokens).toBeLessThan(
    ofType(events, "response.completed").response.usage.input_tokens * 2,
  );
});
