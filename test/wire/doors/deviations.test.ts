import { describe, expect, it } from "vitest";
import { serve } from "../../support/serve.ts";
import { gateTo } from "./gateway/support.ts";
import { HELLO, post, responsesFetch } from "./support.ts";

const words = [{ type: "output_text", text: "My words.", annotations: [] }];
const bare = { type: "message", id: "msg_1", role: "assistant", status: "completed", content: [] };
const whole = { ...bare, content: words };
const reasoning = { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "e" };
const delta = (text: string) => ({
  type: "response.output_text.delta",
  ...{ item_id: "msg_1", output_index: 1, content_index: 0 },
  delta: text,
});
const done = (item: object, index: number) => ({ type: "response.output_item.done", output_index: index, item });
const completed = (output: readonly object[]) => ({
  type: "response.completed",
  response: { id: "resp_1", object: "response", status: "completed", model: "m", output },
});

/** What a service sends that finishes items in another order, a message without its text, and repeats neither at the end. */
const EVENTS = [
  { type: "response.created", response: { id: "resp_1" } },
  delta("My "),
  delta("words."),
  done(bare, 1),
  done(reasoning, 0),
  completed([]),
];

function sse(events: readonly object[]): string {
  return events
    .map((event) => `event: ${(event as { type: string }).type}\ndata: ${JSON.stringify(event)}\n\n`)
    .join("");
}

/** Each door, in front of a service that answers with these events. */
async function doorsTo(events: readonly object[]) {
  const { url } = await serve((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).end(sse(events));
  });
  const { gateway } = await gateTo(url, { carrier: "http" });
  return [
    (body: object) => post(responsesFetch({ carrier: "http" }), { url }, body),
    (body: object) => post(globalThis.fetch, gateway, body),
  ];
}

describe("behind a door, what a service does differently", () => {
  it("is passed on as it was sent in a stream, byte for byte", async () => {
    for (const ask of await doorsTo(EVENTS)) expect(await (await ask(HELLO)).text()).toBe(sse(EVENTS));
  });

  // parity: stream/whole-items
  it.each([
    ["no item", []],
    ["the item without its text", [reasoning, bare]],
    ["a part without its text", [reasoning, { ...bare, content: [{ ...words[0], text: "" }] }]],
  ])("is put right in an answer without a stream, whose end has %s", async (_what, output) => {
    const events = [...EVENTS.slice(0, -1), completed(output)];
    for (const ask of await doorsTo(events)) {
      expect(await (await ask({ ...HELLO, stream: false })).json()).toMatchObject({
        id: "resp_1",
        model: "m",
        output: [reasoning, { ...bare, content: [{ text: "My words." }] }],
      });
    }
  });

  it("leaves an output alone that has every text, whatever the items of the stream were", async () => {
    const end = completed([reasoning, { ...whole, status: "in_progress" }]);
    for (const ask of await doorsTo([...EVENTS.slice(0, -1), end]))
      expect(await (await ask({ ...HELLO, stream: false })).json()).toEqual(end.response);
  });
});
