import { describe, expect, it } from "vitest";
import { ResponsesClient } from "../../../src/api/responses/client.ts";
import type { ResponseStream } from "../../../src/api/responses/stream.ts";
import { ResponsesWebSocketClient } from "../../../src/api/responses/websocket/client.ts";
import type { ResponseItem } from "../../../src/api/wire/items.ts";
import type { StreamDeviation } from "../../../src/client/observe/telemetry.ts";
import { clientOptions, emulate, readEvents } from "../../support/clients.ts";

const usage = { input_tokens: 10, output_tokens: 5, total_tokens: 15 };
const created = { type: "response.created", response: { id: "resp_1" } };
const delta = (text: string, place: object = {}) => ({ type: "response.output_text.delta", delta: text, ...place });
const message = (text: string, id = "msg_1") => ({
  type: "message",
  id,
  role: "assistant",
  status: "completed",
  content: text === "" ? [] : [{ type: "output_text", text, annotations: [] }],
});
const call = { type: "function_call", id: "fc_1", call_id: "c1", name: "f", arguments: "{}", status: "completed" };
const reasoning = { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "e" };
const done = (item: object, output_index?: number) => ({
  type: "response.output_item.done",
  item,
  ...(output_index === undefined ? {} : { output_index }),
});
const part = (of: object, place: object = {}) => ({
  type: "response.content_part.done",
  output_index: 0,
  content_index: 0,
  ...place,
  part: of,
});
const completed = (more: object = {}) => ({
  type: "response.completed",
  response: { id: "resp_1", status: "completed", output: [], usage, ...more },
});

interface Deviation {
  readonly name: string;
  readonly events: readonly (object | string)[];
  /** The result of `collect()`, or the fields of its error. */
  readonly collected?: object;
  readonly error?: object;
  /** The reports, each once. */
  readonly reported?: readonly StreamDeviation["what"][];
  /** Items, as the loop sees them. */
  readonly items?: readonly object[];
}

// parity: stream/items-of-terminal, stream/output-order, stream/usage-as-far-as-it-goes, stream/id-may-be-missing
// parity: stream/words-told-whole, stream/whole-items, stream/damaged-event, stream/odd-numbers
const deviations: readonly Deviation[] = [
  {
    name: "a whole answer that only the terminal event holds",
    events: [created, completed({ output: [message("The answer.")] })],
    collected: { text: "The answer.", items: [message("The answer.")], responseId: "resp_1" },
    items: [message("The answer.")],
    reported: ["item"],
  },
  {
    name: "a tool call of the terminal event behind streamed text",
    events: [created, delta("Let me see."), completed({ output: [message("Let me see."), call] })],
    collected: { text: "Let me see.", items: [message("Let me see."), call] },
    reported: ["item", "item"],
  },
  {
    name: "one of two items in the terminal event, ahead of the other",
    events: [created, done(message("One."), 1), completed({ output: [reasoning, message("One.")] })],
    collected: { items: [reasoning, message("One.")] },
    items: [message("One."), reasoning],
    reported: ["item", "order"],
  },
  {
    name: "items finished out of order",
    events: [created, done(call, 1), done(reasoning, 0), completed({ output: [reasoning, call] })],
    collected: { items: [reasoning, call] },
    items: [call, reasoning],
    reported: ["order"],
  },
  {
    name: "ids that change from event to event",
    events: [created, done(message("a", "x1"), 0), completed({ output: [message("a", "x2")] })],
    collected: { items: [message("a", "x1")] },
    reported: [],
  },
  {
    name: "items without indices, repeated by the terminal event",
    events: [
      created,
      done(reasoning),
      done({ ...call, id: "" }),
      completed({ output: [reasoning, { ...call, id: "" }] }),
    ],
    collected: { items: [reasoning, { ...call, id: "" }] },
    reported: [],
  },
  {
    name: "a terminal event with an empty output",
    events: [created, delta("a"), done(message("a"), 0), completed()],
    collected: { text: "a", items: [message("a")] },
    reported: [],
  },
  {
    name: "incomplete inside response.completed, with its item there alone",
    events: [
      created,
      completed({
        status: "incomplete",
        incomplete_details: { reason: "max_output_tokens" },
        output: [message("cut")],
      }),
    ],
    error: {
      kind: "incomplete",
      reason: "max_output_tokens",
      partial: { text: "cut", items: [message("cut")], responseId: "resp_1", tokenUsage: { totalTokens: 15 } },
    },
    reported: ["item"],
  },
  {
    name: "failed inside response.completed",
    events: [
      created,
      delta("so"),
      completed({ status: "failed", error: { code: "server_error", message: "It broke." } }),
    ],
    error: { kind: "retryable", message: "It broke.", partial: { text: "so", responseId: "resp_1" } },
    reported: [],
  },
  {
    name: "usage in chat form",
    events: [created, completed({ usage: { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 } })],
    collected: { tokenUsage: { inputTokens: 7, outputTokens: 2, totalTokens: 9 } },
    reported: ["usage"],
  },
  {
    name: "usage in part",
    events: [created, completed({ usage: { output_tokens: 2, total_tokens: 9 } })],
    collected: { tokenUsage: { inputTokens: 7, outputTokens: 2, totalTokens: 9 } },
    reported: ["usage"],
  },
  {
    name: "usage that cannot be read",
    events: [created, delta("a"), completed({ usage: "7" })],
    collected: { text: "a", tokenUsage: undefined },
    reported: ["usage"],
  },
  {
    name: "a response id that only the beginning told",
    events: [created, delta("a"), completed({ id: undefined })],
    collected: { text: "a", responseId: "resp_1" },
    reported: ["response id"],
  },
  {
    name: "no response id at all",
    events: [delta("a"), completed({ id: null })],
    collected: { text: "a", responseId: undefined },
    reported: ["response id"],
  },
  {
    name: "words that only the finished item holds, behind others that came in pieces",
    events: [
      created,
      delta("One.", { output_index: 0 }),
      done(message("One."), 0),
      done(message(" Two.", "m2"), 1),
      completed(),
    ],
    collected: { text: "One. Two." },
    reported: [],
  },
  {
    name: "words that only output_text.done holds",
    events: [
      created,
      { type: "response.output_text.done", output_index: 0, text: "Whole." },
      done(message(""), 0),
      completed(),
    ],
    collected: { text: "Whole.", items: [{ ...message(""), content: [{ type: "output_text", text: "Whole." }] }] },
    items: [{ ...message(""), content: [{ type: "output_text", text: "Whole." }] }],
    reported: ["text", "text"],
  },
  {
    name: "words that only content_part.done holds",
    events: [created, part({ type: "output_text", text: "Whole." }), done(message(""), 0), completed()],
    collected: { text: "Whole.", items: [{ ...message(""), content: [{ type: "output_text", text: "Whole." }] }] },
    reported: ["text", "text"],
  },
  {
    name: "words that both output_text.done and content_part.done hold, beside an empty item of the terminal event",
    events: [
      created,
      { type: "response.output_text.done", output_index: 0, content_index: 0, text: "Whole." },
      part({ type: "output_text", text: "Whole." }),
      completed({ output: [message("")] }),
    ],
    collected: { text: "Whole.", items: [{ ...message(""), content: [{ type: "output_text", text: "Whole." }] }] },
    reported: ["item", "text", "text"],
  },
  {
    name: "words that only deltas hold, beside an item without them",
    events: [
      created,
      delta("Wh", { output_index: 0, content_index: 0 }),
      delta("ole.", { output_index: 0, content_index: 0 }),
      { type: "response.output_text.done", output_index: 0, content_index: 0, text: "Whole." },
      part({ type: "output_text", text: "Whole." }),
      done(message(""), 0),
      completed({ output: [message("")] }),
    ],
    collected: { text: "Whole.", items: [{ ...message(""), content: [{ type: "output_text", text: "Whole." }] }] },
    reported: ["text"],
  },
  {
    name: "several parts of one item, told whole, in deltas and as a refusal, none of them in the item",
    events: [
      created,
      part({ type: "output_text", text: "ok" }, { content_index: 1 }),
      delta("ok", { output_index: 0, content_index: 0 }),
      { type: "response.refusal.done", output_index: 0, content_index: 2, refusal: "No." },
      done({ ...message(""), content: null }, 0),
      completed(),
    ],
    collected: {
      text: "okok",
      refusal: "No.",
      items: [
        {
          ...message(""),
          content: [
            { type: "output_text", text: "ok" },
            { type: "output_text", text: "ok" },
            { type: "refusal", refusal: "No." },
          ],
        },
      ],
    },
    reported: ["text", "text", "text"],
  },
  {
    name: "a part whose text the item has left empty, beside one that it has",
    events: [
      created,
      delta("One.", { output_index: 0, content_index: 0 }),
      part({ type: "output_text", text: "Two." }, { content_index: 1 }),
      done(
        {
          ...message("One."),
          content: [...message("One.").content, { type: "output_text", text: "", annotations: [7] }],
        },
        0,
      ),
      completed(),
    ],
    collected: {
      text: "One.Two.",
      items: [
        {
          ...message("One."),
          content: [...message("One.").content, { type: "output_text", text: "Two.", annotations: [7] }],
        },
      ],
    },
    reported: ["text", "text"],
  },
  {
    name: "words that the item has in another form: trimmed, in one part, as a text, in a part of another kind",
    events: [
      created,
      delta("One. ", { output_index: 0, content_index: 0 }),
      delta("Two.\n", { output_index: 0, content_index: 1 }),
      done(message("One. Two."), 0),
      delta("Three.", { output_index: 1 }),
      done({ ...message(""), id: "m2", content: "Three." }, 1),
      delta("Four.", { output_index: 2 }),
      done({ ...message(""), id: "m3", content: [{ type: "markdown", text: "Four." }] }, 2),
      completed(),
    ],
    collected: {
      items: [
        message("One. Two."),
        { ...message(""), id: "m2", content: "Three." },
        { ...message(""), id: "m3", content: [{ type: "markdown", text: "Four." }] },
      ],
    },
    reported: [],
  },
  {
    name: "items written in parallel, of which one comes whole and one in deltas, both empty in the end",
    events: [
      created,
      delta("A", { output_index: 0, content_index: 0 }),
      { type: "response.output_text.done", output_index: 1, content_index: 0, text: "B" },
      { type: "response.output_text.done", output_index: 0, content_index: 0, text: "A" },
      done(message("", "m1"), 1),
      done(message("", "m0"), 0),
      completed(),
    ],
    collected: {
      text: "AB",
      items: [
        { ...message("", "m0"), content: [{ type: "output_text", text: "A" }] },
        { ...message("", "m1"), content: [{ type: "output_text", text: "B" }] },
      ],
    },
    reported: ["order", "text", "text", "text"],
  },
  {
    name: "words that only the terminal event holds, after an item without them",
    events: [
      created,
      done(message(""), 0),
      done({ ...call, arguments: "" }, 1),
      done(reasoning, 2),
      completed({
        output: [
          message("Whole."),
          { ...call, arguments: '{"a":1}' },
          { ...reasoning, summary: [{ type: "summary_text", text: "Hm." }] },
        ],
      }),
    ],
    collected: {
      text: "Whole.",
      reasoningSummary: "Hm.",
      items: [
        { ...message(""), content: [{ type: "output_text", text: "Whole." }] },
        { ...call, arguments: '{"a":1}' },
        { ...reasoning, summary: [{ type: "summary_text", text: "Hm." }] },
      ],
    },
    items: [message(""), { ...call, arguments: "" }, reasoning],
    reported: ["text", "text", "text"],
  },
  {
    name: "words that come after their item",
    events: [
      created,
      done(message(""), 0),
      delta("Who", { output_index: 0 }),
      delta("le.", { output_index: 0 }),
      done(message("", "m2"), 1),
      { type: "response.output_text.done", output_index: 1, text: " Again." },
      completed(),
    ],
    collected: {
      text: "Whole. Again.",
      items: [
        { ...message(""), content: [{ type: "output_text", text: "Whole." }] },
        { ...message("", "m2"), content: [{ type: "output_text", text: " Again." }] },
      ],
    },
    reported: ["text"],
  },
  {
    name: "an item without any text, which is what it is",
    events: [created, part({ type: "output_text", text: "" }), done(message(""), 0), completed()],
    collected: { text: "", items: [message("")] },
    reported: [],
  },
  {
    name: "calls whose arguments only their events hold",
    events: [
      created,
      { type: "response.function_call_arguments.delta", output_index: 0, item_id: "fc_1", delta: '{"a":' },
      { type: "response.function_call_arguments.delta", output_index: 0, item_id: "fc_1", delta: "1}" },
      { type: "response.function_call_arguments.done", output_index: 0, item_id: "fc_1", arguments: '{"a":1}' },
      done({ ...call, arguments: "" }, 0),
      { type: "response.function_call_arguments.done", output_index: 1, item_id: "fc_2", arguments: '{"a":2}' },
      done({ ...call, id: "fc_2", call_id: "c2", arguments: undefined }, 1),
      { type: "response.custom_tool_call_input.done", output_index: 2, input: "ls" },
      done({ type: "custom_tool_call", call_id: "c3", name: "sh", input: "" }, 2),
      completed(),
    ],
    collected: {
      items: [
        { ...call, arguments: '{"a":1}' },
        { ...call, id: "fc_2", call_id: "c2", arguments: '{"a":2}' },
        { type: "custom_tool_call", call_id: "c3", name: "sh", input: "ls" },
      ],
      calls: [{ arguments: '{"a":1}' }, { arguments: '{"a":2}' }, {}],
    },
    reported: ["text", "text", "text", "text", "text"],
  },
  {
    name: "reasoning whose summary and text only its events hold",
    events: [
      created,
      { type: "response.reasoning_summary_part.added", output_index: 0, summary_index: 0 },
      { type: "response.reasoning_summary_text.delta", output_index: 0, summary_index: 0, delta: "First." },
      { type: "response.reasoning_summary_text.done", output_index: 0, summary_index: 0, text: "First." },
      {
        type: "response.reasoning_summary_part.done",
        output_index: 0,
        summary_index: 0,
        part: { type: "summary_text", text: "First." },
      },
      {
        type: "response.reasoning_summary_part.done",
        output_index: 0,
        summary_index: 1,
        part: { type: "summary_text", text: "Second." },
      },
      { type: "response.reasoning_text.done", output_index: 0, content_index: 0, text: "Because." },
      done(reasoning, 0),
      completed(),
    ],
    collected: {
      reasoningSummary: "First.\n\nSecond.",
      items: [
        {
          ...reasoning,
          summary: [
            { type: "summary_text", text: "First." },
            { type: "summary_text", text: "Second." },
          ],
          content: [{ type: "reasoning_text", text: "Because." }],
        },
      ],
    },
    reported: ["text", "text", "text"],
  },
  {
    name: "words that only output_text.done holds, of an item that is never finished",
    events: [created, { type: "response.output_text.done", text: "Whole." }, completed()],
    collected: { text: "Whole." },
    reported: ["text"],
  },
  {
    name: "words told whole by output_text.done and by the item",
    events: [
      created,
      { type: "response.output_text.done", output_index: 0, text: "Whole." },
      done(message("Whole."), 0),
      completed(),
    ],
    collected: { text: "Whole." },
    reported: [],
  },
  {
    name: "a refusal that only the item holds",
    events: [created, done({ ...message(""), content: [{ type: "refusal", refusal: "No." }] }, 0), completed()],
    collected: { text: "", refusal: "No." },
    reported: [],
  },
  {
    name: "a refusal told whole by its event alone",
    events: [created, { type: "response.refusal.done", refusal: "No." }, done(message(""), 0), completed()],
    collected: {
      text: "",
      refusal: "No.",
      items: [{ ...message(""), content: [{ type: "refusal", refusal: "No." }] }],
    },
    reported: ["text", "text"],
  },
  {
    name: "summaries that come whole",
    events: [
      created,
      { type: "response.reasoning_summary_text.done", summary_index: 0, text: "First." },
      { type: "response.reasoning_summary_text.done", summary_index: 1, text: "Second." },
      done(reasoning, 0),
      completed(),
    ],
    collected: {
      reasoningSummary: "First.\n\nSecond.",
      items: [
        {
          ...reasoning,
          summary: [
            { type: "summary_text", text: "First." },
            { type: "summary_text", text: "Second." },
          ],
        },
      ],
    },
    reported: ["text"],
  },
  {
    name: "summaries that only the item holds",
    events: [
      created,
      done({
        ...reasoning,
        summary: [
          { type: "summary_text", text: "First." },
          { type: "summary_text", text: "Second." },
        ],
      }),
      completed(),
    ],
    collected: { reasoningSummary: "First.\n\nSecond." },
    reported: [],
  },
  {
    name: "deltas without their places",
    events: [
      created,
      { type: "response.reasoning_summary_text.delta", delta: "Hm." },
      done(reasoning),
      delta("a"),
      delta("b"),
      done(message("ab")),
      completed(),
    ],
    collected: {
      text: "ab",
      reasoningSummary: "Hm.",
      items: [{ ...reasoning, summary: [{ type: "summary_text", text: "Hm." }] }, message("ab")],
    },
    reported: ["text"],
  },
  {
    name: "numbers that are none, as Python writes them",
    events: [
      created,
      '{"type": "response.output_text.delta", "delta": "NaN", "logprobs": [{"logprob": -Infinity}, NaN]}',
      completed(),
    ],
    collected: { text: "NaN" },
    reported: [],
  },
  {
    name: "events behind a byte order mark",
    events: [created, `\uFEFF${JSON.stringify(delta("a"))}`, delta("b"), `\uFEFF${JSON.stringify(completed())}`],
    collected: { text: "ab" },
    reported: [],
  },
  {
    name: "lines that are no events",
    events: ["[DONE]", "ping", created, { type: "ping" }, delta("a"), completed()],
    collected: { text: "a" },
    reported: [],
  },
  {
    name: "a damaged event",
    events: [created, delta("a"), '{"type":"response.output_text.delta","delta":"b"', completed()],
    error: { kind: "stream", code: "damaged_event", outlook: "again", partial: { text: "a", responseId: "resp_1" } },
    reported: [],
  },
  {
    name: "an error without a type, in code and details", // parity: error/words-of-gateways
    events: [created, delta("a"), { code: 500, details: "It broke." }],
    error: { kind: "retryable", message: "It broke.", partial: { text: "a", responseId: "resp_1" } },
    reported: [],
  },
  {
    name: "an error with the name of the error as its type", // parity: error/type-of-gateways
    events: [
      created,
      delta("a"),
      { object: "error", type: "BadRequestError", message: "Too long.", param: null, code: 400 },
      completed(),
    ],
    error: { kind: "invalid_request", message: "Too long.", partial: { text: "a", responseId: "resp_1" } },
    reported: [],
  },
  {
    name: "an error that is only a message",
    events: [created, delta("a"), { message: "Internal server error", requestId: "r" }, completed()],
    error: { kind: "retryable", message: "Internal server error", partial: { text: "a" } },
    reported: [],
  },
  {
    name: "the events of another API",
    events: [{ id: "c", object: "chat.completion.chunk", choices: [{ delta: { content: "a" } }] }, "[DONE]"],
    error: { kind: "protocol", message: expect.stringMatching(/^the server streams Chat Completions .*base URL/) },
    reported: [],
  },
  {
    name: "an error in the events of another API",
    events: [{ id: "c", object: "chat.completion.chunk", error: { code: 400, message: "No." }, choices: [] }],
    error: { kind: "invalid_request", message: "No." },
    reported: [],
  },
  {
    name: "a new event of the service, with a message",
    events: [created, { type: "response.notice", message: "Slow today.", code: 400 }, delta("a"), completed()],
    collected: { text: "a" },
    reported: [],
  },
  {
    name: "deltas under the index of another item, without ids",
    events: [
      created,
      delta("The answer.", { output_index: 0 }),
      completed({ output: [reasoning, message("The answer.")] }),
    ],
    collected: { text: "The answer.", items: [reasoning, message("The answer.")] },
    reported: ["item", "item"],
  },
  {
    name: "numbers that are missing",
    events: [
      { ...created, sequence_number: 0 },
      delta("a", { sequence_number: 1 }),
      delta("b", { sequence_number: 2 }),
      delta("c", { sequence_number: 4 }),
      { type: "response.in_progress", sequence_number: 5 },
      { ...completed(), sequence_number: 8 },
    ],
    collected: { text: "abc" },
    reported: ["sequence", "sequence"],
  },
];

const textOf = (event: object | string): string => (typeof event === "string" ? event : JSON.stringify(event));

interface Opened {
  readonly stream: ResponseStream;
  readonly reported: readonly StreamDeviation[];
}

type Open = (events: readonly (object | string)[], incomplete?: "end") => Promise<Opened>;

function observed(url: string) {
  const reported: StreamDeviation[] = [];
  const telemetry = { onStreamDeviation: (deviation: StreamDeviation) => void reported.push(deviation) };
  return { options: { ...clientOptions(url), telemetry }, reported };
}

const carriers: readonly (readonly [string, Open])[] = [
  [
    "over HTTP",
    async (events) => {
      const raw = events.map((event) => `data: ${textOf(event)}\n\n`).join("");
      const emulator = await emulate({ script: [{ raw, headers: { "content-type": "text/event-stream" } }] });
      const { options, reported } = observed(emulator.url);
      return { stream: await new ResponsesClient(options).stream({ model: "m", input: "q" }), reported };
    },
  ],
  [
    "over a WebSocket",
    async (events) => {
      const emulator = await emulate({ script: [{ frames: events.map(textOf) }] });
      const { options, reported } = observed(emulator.url);
      const connection = await new ResponsesWebSocketClient(options).connect();
      return { stream: await connection.stream({ model: "m", input: "q" }), reported };
    },
  ],
];

describe.each(carriers)("what gateways do differently, %s:", (_carrier, open) => {
  it.each(deviations)("$name", async ({ events, collected, error, reported = [], items }) => {
    const { stream, reported: seen } = await open(events);
    const answer = await stream.collect().catch((thrown: unknown) => thrown);
    if (error) expect(answer).toMatchObject(error);
    else expect({ responseId: undefined, tokenUsage: undefined, ...(answer as object) }).toMatchObject(collected ?? {});
    expect(seen.map(({ what }) => what).sort()).toEqual([...reported].sort());
    if (!items) return;
    const { events: read } = await readEvents((await open(events)).stream);
    const finished = read.flatMap((event): ResponseItem[] => (event.type === "output_item.done" ? [event.item] : []));
    expect(finished).toEqual(items);
  });
});
