import { call, completed, created, delta, done, expectCorrected, message, part, reasoning } from "./deviation.ts";

// parity: stream/words-told-whole, stream/whole-items
expectCorrected("texts of a message that gateways send in other events or places", [
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
]);
