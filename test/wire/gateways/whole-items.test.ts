import { describe, expect, it, onTestFinished } from "vitest";
import { CodexApi, type CodexApiOptions, noAuth, openaiProvider, type ResponseEvent } from "../../../src/index.ts";
import { emulate } from "../../support/clients.ts";
import { serve } from "../../support/serve.ts";
import { bodiesAt, openSession, user } from "../session/support.ts";

const created = { type: "response.created", response: { id: "resp_1" } };
const empty = { type: "message", id: "msg_1", role: "assistant", status: "completed", content: [] };
const whole = { type: "response.output_text.done", output_index: 0, content_index: 0, text: "My words." };
const done = { type: "response.output_item.done", output_index: 0, item: empty };
const delta = (text: string) => ({
  type: "response.output_text.delta",
  output_index: 0,
  content_index: 0,
  delta: text,
});
const completed = {
  type: "response.completed",
  response: { id: "resp_1", status: "completed", output: [empty] },
};

/** The text of an answer as a loop gets it: in deltas, and in finished items. */
function textsOf(events: readonly ResponseEvent[]) {
  const deltas = events.flatMap((event) => (event.type === "output_text.delta" ? [event.delta] : []));
  const items = events.flatMap((event) => (event.type === "output_item.done" ? [event.item] : []));
  return { text: deltas.join(""), items };
}

// parity: stream/whole-items
describe.each(["http", "websocket"] as const)(
  "over %s, when a gateway finishes a message without its text,",
  (carrier) => {
    it.each([
      ["that came whole", [created, whole, done, completed]],
      ["that came in deltas", [created, delta("My "), delta("words."), whole, done, completed]],
      ["that came after the item", [created, done, whole, completed]],
    ])("the next request of a session has the words, %s", async (_how, events) => {
      const emulator = await emulate({ script: [{ events }, { answer: "ok" }], rateLimits: false });
      const { session } = openSession(emulator.url, { carrier });
      const { items, text } = await (await session.stream({ model: "m", input: [user("one")] })).collect();
      expect(text).toBe("My words.");
      await (await session.stream({ model: "m", input: [user("one"), ...items, user("two")] })).collect();
      const [, second] = bodiesAt(emulator);
      if (carrier === "websocket" && events.at(-2) === done) {
        expect(second).toMatchObject({ previous_response_id: "resp_1", input: [user("two")] });
        return;
      }
      const words = [{ type: "output_text", text: "My words." }];
      expect(second?.input).toMatchObject([user("one"), { role: "assistant", content: words }, user("two")]);
    });
  },
);

async function api(url: string, more: Partial<CodexApiOptions> = {}) {
  const client = new CodexApi({
    provider: openaiProvider({ env: {}, baseUrl: url }),
    auth: noAuth(),
    env: {},
    ...more,
  });
  onTestFinished(() => client.close());
  return client;
}

it("a stream that keeps nothing delivers each text once, also where the terminal event has it beside a bare item", async () => {
  const last = {
    ...completed,
    response: { ...completed.response, output: [{ ...empty, content: [{ type: "output_text", text: "My words." }] }] },
  };
  const emulator = await emulate({ script: [{ events: [created, delta("My "), delta("words."), done, last] }] });
  const stream = await (await api(emulator.url)).responses.stream({ model: "m", input: "q" }, { keep: false });
  const events = [];
  for await (const event of stream) events.push(event);
  expect(textsOf(events)).toEqual({ text: "My words.", items: [empty] });
});

it.each([
  ["comes in deltas", [delta("words."), whole, done, completed], "words."],
  ["only an event holds that repeats all of it", [whole, done, completed], ""],
])("a response resumed in the middle of a message is given no text twice: the rest %s", async (_how, rest, text) => {
  const { url } = await serve((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(
      rest.map((event, nth) => `data: ${JSON.stringify({ ...event, sequence_number: 2 + nth })}\n\n`).join(""),
    );
  });
  const after = { responseId: "resp_1", after: 1, finished: [], underWay: { "0/text/0": 3 } };
  const stream = await (await api(url)).responses.resume("resp_1", { after });
  const events = [];
  for await (const event of stream) events.push(event);
  expect(textsOf(events)).toEqual({ text, items: [empty] });
});
