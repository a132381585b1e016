import { call, completed, created, done, expectCorrected, message, reasoning } from "./deviation.ts";

const summary = [
  { type: "summary_text", text: "First." },
  { type: "summary_text", text: "Second." },
];
const reasoningSummary = "First.\n\nSecond.";

// parity: stream/words-told-whole, stream/whole-items
expectCorrected("texts of calls, reasoning and refusals that gateways send in other events", [
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
      reasoningSummary,
      items: [
        {
          ...reasoning,
          summary,
          content: [{ type: "reasoning_text", text: "Because." }],
        },
      ],
    },
    reported: ["text", "text", "text"],
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
      reasoningSummary,
      items: [
        {
          ...reasoning,
          summary,
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
        summary,
      }),
      completed(),
    ],
    collected: { reasoningSummary },
    reported: [],
  },
]);
