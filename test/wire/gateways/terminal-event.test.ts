import { call, completed, created, delta, done, expectCorrected, message, reasoning } from "./deviation.ts";

// parity: stream/items-of-terminal, stream/output-order, stream/usage-as-far-as-it-goes, stream/id-may-be-missing
expectCorrected("what gateways do differently at the end of a response", [
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
]);
