// A long response as the service sends it, made the same every time: what one turn of a coding agent consists of.

const INSTRUCTIONS = text("You are a coding agent. Keep changes small, run the tests, explain what you did. ", 14_000);
// As in English prose and code: nearly all ASCII, a line end or a quote here and there, and rarely a sign of more than one byte.
const WORDS = (
  "the| parser| keeps| a| line| until| its| end| has| come|,| and| then| hands| it| on|.\n\n|-| `feed|(|chunk|)`|:| " +
  'returns| "|ok|"| or| throws|;\n|  const| start| =| |0|;| if| (|end| ===| -|1|)| {\n|    return| —| so'
).split("|");

/** Shares of the deltas of a response. `agent` is the mix of the long stream; the others show how much the mix matters. */
export const MIXES = {
  agent: { text: 0.5, reasoning: 0.15, toolInput: 0.35 },
  text: { text: 1, reasoning: 0, toolInput: 0 },
  tools: { text: 0.05, reasoning: 0.05, toolInput: 0.9 },
};

/** @typedef {keyof typeof MIXES} Mix */

/**
 * The events of one response, as JSON texts: `created` and `in_progress` with the request's echo, items with their deltas, `completed`.
 *
 * @param {{ count: number, mix?: Mix | undefined, echoBytes?: number | undefined, itemDeltas?: number }} options `count`: of all events; `itemDeltas`: of an item.
 * @returns {{ type: string, json: string }[]}
 */
export function responseEvents({ count, mix = "agent", echoBytes = INSTRUCTIONS.length, itemDeltas = 500 }) {
  const writer = new Writer(text(INSTRUCTIONS, echoBytes));
  writer.write("response.created", { response: writer.response("in_progress") });
  writer.write("response.in_progress", { response: writer.response("in_progress") });
  for (const { kind, deltas } of items(count, MIXES[mix], itemDeltas)) ITEMS[kind](writer, deltas);
  writer.write("response.completed", {
    response: { ...writer.response("completed"), usage: USAGE },
  });
  return writer.events;
}

/** How many text deltas there are: what a client must have seen. */
export function textDeltas(/** @type {readonly { type: string }[]} */ events) {
  return events.filter(({ type }) => type === "response.output_text.delta").length;
}

const USAGE = {
  input_tokens: 41_200,
  input_tokens_details: { cached_tokens: 38_912 },
  output_tokens: 52_000,
  output_tokens_details: { reasoning_tokens: 7_500 },
  total_tokens: 93_200,
};

/** Events around the deltas of an item. */
const FRAME_EVENTS = { text: 5, reasoning: 5, toolInput: 3 };
const ENDS = 3;

/** @typedef {keyof typeof FRAME_EVENTS} Kind */

/**
 * Spreads the kinds over the response; the last item takes what is left of the count.
 *
 * @param {number} count
 * @param {Readonly<Record<Kind, number>>} shares
 * @param {number} itemDeltas
 */
function* items(count, shares, itemDeltas) {
  let left = count - ENDS;
  const kinds = /** @type {Kind[]} */ (Object.keys(shares));
  const owed = { text: 0, reasoning: 0, toolInput: 0 };
  while (left > 0) {
    for (const kind of kinds) owed[kind] += shares[kind];
    const kind = kinds.reduce((most, each) => (owed[each] > owed[most] ? each : most));
    owed[kind] -= 1;
    const rest = left - FRAME_EVENTS[kind] - itemDeltas;
    const deltas = rest > FRAME_EVENTS.text ? itemDeltas : left - FRAME_EVENTS[kind];
    yield { kind, deltas };
    left -= FRAME_EVENTS[kind] + deltas;
  }
}

/** @type {Readonly<Record<Kind, (writer: Writer, deltas: number) => void>>} */
const ITEMS = {
  text(writer, deltas) {
    const place = { item_id: writer.id("msg"), output_index: writer.outputIndex, content_index: 0 };
    const head = { id: place.item_id, type: "message", role: "assistant", phase: "final_answer" };
    writer.write("response.output_item.added", {
      output_index: place.output_index,
      item: { ...head, status: "in_progress", content: [] },
    });
    const part = { type: "output_text", annotations: [], logprobs: [], text: "" };
    writer.write("response.content_part.added", { ...place, part });
    const whole = writer.deltas("response.output_text.delta", deltas, place, { logprobs: [] });
    writer.write("response.output_text.done", { ...place, text: whole, logprobs: [] });
    writer.write("response.content_part.done", { ...place, part: { ...part, text: whole } });
    writer.done({ ...head, status: "completed", content: [{ ...part, text: whole }] });
  },
  reasoning(writer, deltas) {
    const place = { item_id: writer.id("rs"), output_index: writer.outputIndex, summary_index: 0 };
    const head = { id: place.item_id, type: "reasoning" };
    writer.write("response.output_item.added", { output_index: place.output_index, item: { ...head, summary: [] } });
    const part = { type: "summary_text", text: "" };
    writer.write("response.reasoning_summary_part.added", { ...place, part });
    const whole = writer.deltas("response.reasoning_summary_text.delta", deltas, place);
    writer.write("response.reasoning_summary_text.done", { ...place, text: whole });
    writer.write("response.reasoning_summary_part.done", { ...place, part: { ...part, text: whole } });
    writer.done({ ...head, summary: [{ ...part, text: whole }], encrypted_content: text("gAAAAABo9kq", 2_000) });
  },
  toolInput(writer, deltas) {
    const place = { item_id: writer.id("fc"), output_index: writer.outputIndex };
    const head = { id: place.item_id, type: "function_call", call_id: writer.id("call"), name: "apply_patch" };
    writer.write("response.output_item.added", {
      output_index: place.output_index,
      item: { ...head, status: "in_progress", arguments: "" },
    });
    const whole = writer.deltas("response.function_call_arguments.delta", deltas, place);
    writer.write("response.function_call_arguments.done", { ...place, arguments: whole });
    writer.done({ ...head, status: "completed", arguments: whole });
  },
};

class Writer {
  /** @type {{ type: string, json: string }[]} */
  events = [];
  outputIndex = 0;
  #echo;
  #ids = 0;

  constructor(/** @type {string} */ echo) {
    this.#echo = echo;
  }

  id(/** @type {string} */ prefix) {
    this.#ids += 1;
    return `${prefix}_${String(this.#ids).padStart(8, "0")}68a1f0c29d4c8190b4e7a3d5`;
  }

  write(/** @type {string} */ type, /** @type {Record<string, unknown>} */ fields) {
    this.events.push({ type, json: JSON.stringify({ type, sequence_number: this.events.length, ...fields }) });
  }

  /**
   * Returns the whole text.
   *
   * @param {string} type
   * @param {number} count
   * @param {Record<string, unknown>} place
   * @param {Record<string, unknown>} [rest]
   */
  deltas(type, count, place, rest = {}) {
    let whole = "";
    for (let index = 0; index < count; index += 1) {
      const delta = WORDS[(index * 5) % WORDS.length] ?? "";
      whole += delta;
      this.write(type, { ...place, delta, ...rest, obfuscation: "Qx7GdPm2KvTzR4".slice(0, 4 + (index % 10)) });
    }
    return whole;
  }

  done(/** @type {Record<string, unknown>} */ item) {
    this.write("response.output_item.done", { output_index: this.outputIndex, item });
    this.outputIndex += 1;
  }

  response(/** @type {string} */ status) {
    return {
      id: "resp_68a1f0c29d4c8190b4e7a3d5",
      object: "response",
      created_at: 1_762_000_000,
      status,
      instructions: this.#echo,
      model: "gpt-5-codex",
      output: [],
      parallel_tool_calls: true,
      reasoning: { effort: "medium", summary: "auto" },
      store: false,
      tool_choice: "auto",
      tools: [{ type: "function", name: "apply_patch", parameters: { type: "object", properties: {} }, strict: false }],
    };
  }
}

function text(/** @type {string} */ pattern, /** @type {number} */ length) {
  return pattern.repeat(Math.ceil(length / pattern.length)).slice(0, length);
}
