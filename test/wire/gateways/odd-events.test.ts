import { expect } from "vitest";
import { call, completed, created, delta, done, expectCorrected, message, reasoning } from "./deviation.ts";

// parity: stream/damaged-event, stream/odd-numbers
expectCorrected("events that gateways write in another way", [
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
    name: "the event of a finished item twice", // parity: stream/item-once
    events: [
      created,
      delta("a"),
      done(message("a"), 0),
      done(message("a"), 0),
      done(call, 1),
      done(call, 1),
      completed(),
    ],
    collected: { text: "a", items: [message("a"), call] },
    items: [message("a"), call],
    reported: ["item", "item"],
  },
  {
    name: "a call twice without its place", // parity: stream/item-once
    events: [created, done(call), done({ ...call, call_id: "c2" }), done(call), completed()],
    collected: { items: [call, { ...call, call_id: "c2" }] },
    reported: ["item"],
  },
  {
    name: "the same id for every item, which are all delivered",
    events: [
      created,
      done(message("a", "x"), 0),
      done(message("a", "x"), 1),
      done(message("whole", "x"), 1),
      done(message("a", "x")),
      done(message("a", "x")),
      completed(),
    ],
    collected: { text: "aawholeaa" },
    reported: [],
  },
  {
    name: "a delta that was lost, and one that came twice", // parity: stream/text-of-items
    events: [
      created,
      delta("One ", { output_index: 0 }),
      delta("three.", { output_index: 0 }),
      done(message("One two three.", "m1"), 0),
      delta("Four.", { output_index: 1 }),
      delta("Four.", { output_index: 1 }),
      done(message("Four.", "m2"), 1),
      completed(),
    ],
    collected: { text: "One two three.Four." },
    reported: [],
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
]);
