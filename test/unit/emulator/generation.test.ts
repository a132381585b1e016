import { describe, expect, it } from "vitest";
import type { Fields } from "../../../src/emulator/fields.ts";
import { Generation } from "../../../src/emulator/responses/events/generation.ts";
import { Identifiers } from "../../../src/emulator/responses/identifiers.ts";
import { parseResponsesRequest } from "../../../src/emulator/responses/request.ts";
import { asSent, ofType, type StreamEvent, typesOf } from "./stream-event.ts";

const NOW = 1_773_360_000;

function eventsFor(body: Fields): StreamEvent[] {
  const request = parseResponsesRequest({ model: "gpt-5.5", ...body });
  const turn = { id: "resp_1", createdAt: NOW, request, conversation: request.input };
  return asSent(new Generation(turn, new Identifiers(), () => NOW + 1));
}

const WEATHER = {
  type: "function",
  name: "get_weather",
  parameters: { type: "object", properties: { location: { type: "string" } }, required: ["location"] },
};

// Fields and their order, read off recorded streams of the service.
const RECORDED_FIELDS: Readonly<Record<string, readonly string[]>> = {
  "response.created": ["type", "sequence_number", "response"],
  "response.in_progress": ["type", "sequence_number", "response"],
  "response.output_item.added": ["type", "sequence_number", "output_index", "item"],
  "response.output_item.done": ["type", "sequence_number", "output_index", "item"],
  "response.content_part.added": ["type", "sequence_number", "item_id", "output_index", "content_index", "part"],
  "response.content_part.done": ["type", "sequence_number", "item_id", "output_index", "content_index", "part"],
  "response.output_text.delta": [
    ...["type", "sequence_number", "item_id", "output_index", "content_index", "delta", "logprobs", "obfuscation"],
  ],
  "response.output_text.done": [
    ...["type", "sequence_number", "item_id", "output_index", "content_index", "text", "logprobs"],
  ],
  "response.reasoning_summary_part.added": [
    ...["type", "sequence_number", "item_id", "output_index", "summary_index", "part"],
  ],
  "response.reasoning_summary_text.delta": [
    ...["type", "sequence_number", "item_id", "output_index", "summary_index", "delta", "obfuscation"],
  ],
  "response.reasoning_summary_text.done": [
    ...["type", "sequence_number", "item_id", "output_index", "summary_index", "text"],
  ],
  "response.reasoning_summary_part.done": [
    ...["type", "sequence_number", "item_id", "output_index", "summary_index", "part"],
  ],
  "response.function_call_arguments.delta": [
    ...["type", "sequence_number", "item_id", "output_index", "delta", "obfuscation"],
  ],
  "response.function_call_arguments.done": ["type", "sequence_number", "item_id", "output_index", "arguments"],
  "response.custom_tool_call_input.delta": [
    ...["type", "sequence_number", "item_id", "output_index", "delta", "obfuscation"],
  ],
  "response.custom_tool_call_input.done": ["type", "sequence_number", "item_id", "output_index", "input"],
  "response.completed": ["type", "sequence_number", "response"],
};
const RECORDED_RESPONSE_FIELDS =
  "id object created_at status background completed_at error frequency_penalty incomplete_details instructions max_output_tokens max_tool_calls model output parallel_tool_calls presence_penalty previous_response_id prompt_cache_key prompt_cache_retention reasoning safety_identifier service_tier store temperature text tool_choice tools top_logprobs top_p truncation usage user metadata".split(
    " ",
  );

const MESSAGE_TYPES = [
  "response.output_item.added",
  "response.content_part.added",
  "response.output_text.delta",
  "response.output_text.done",
  "response.content_part.done",
  "response.output_item.done",
];
const SUMMARY_TYPES = [
  "response.output_item.added",
  "response.reasoning_summary_part.added",
  "response.reasoning_summary_text.delta",
  "response.reasoning_summary_text.done",
  "response.reasoning_summary_part.done",
  "response.output_item.done",
];
const FUNCTION_TYPES = [
  "response.output_item.added",
  "response.function_call_arguments.delta",
  "response.function_call_arguments.done",
  "response.output_item.done",
];
const CUSTOM_TYPES = FUNCTION_TYPES.map((type) => type.replace("function_call_arguments", "custom_tool_call_input"));
const ITEM_ALONE = ["response.output_item.added", "response.output_item.done"];

const TRIGGER = [{ role: "user", content: "hi" }, { type: "compaction_trigger" }];

describe("the order of events", () => {
  it.each<[string, Fields, readonly string[]]>([
    ["a message", { input: "hello" }, MESSAGE_TYPES],
    [
      "reasoning with a summary, then a message",
      { input: "hello", reasoning: { effort: "medium", summary: "auto" } },
      [...SUMMARY_TYPES, ...MESSAGE_TYPES],
    ],
    [
      "reasoning without a summary",
      { input: "hello", reasoning: { effort: "medium" } },
      [...ITEM_ALONE, ...MESSAGE_TYPES],
    ],
    ["no reasoning at effort none", { input: "hello", reasoning: { effort: "none", summary: "auto" } }, MESSAGE_TYPES],
    ["a function call", { input: "What is the weather in Paris?", tools: [WEATHER] }, FUNCTION_TYPES],
    [
      "a custom tool call",
      { input: "apply patch please", tools: [{ type: "custom", name: "apply_patch" }] },
      CUSTOM_TYPES,
    ],
    ["one compaction item", { input: TRIGGER }, ITEM_ALONE],
    ["nothing when generate is false", { input: "hello", generate: false }, []],
  ])("is that of the service for %s", (_name, body, expected) => {
    expect(typesOf(eventsFor(body))).toEqual([
      "response.created",
      "response.in_progress",
      ...expected,
      "response.completed",
    ]);
  });
});

const EVERYTHING: readonly Fields[] = [
  { input: "why is the sky blue?", reasoning: { effort: "high", summary: "detailed" } },
  { input: "What is the weather in Paris?", tools: [WEATHER] },
  { input: "apply patch please", tools: [{ type: "custom", name: "apply_patch" }] },
];

describe("the fields of events", () => {
  it("are those of the recorded streams, in their order", () => {
    const seen = new Set<string>();
    for (const event of EVERYTHING.flatMap(eventsFor)) {
      expect([event.type, ...Object.keys(event)]).toEqual([
        event.type,
        ...(RECORDED_FIELDS[event.type] ?? ["unknown"]),
      ]);
      seen.add(event.type);
    }
    expect([...seen].sort()).toEqual(Object.keys(RECORDED_FIELDS).sort());
  });

  it("number every event from 0", () => {
    const events = eventsFor(EVERYTHING[0] ?? {});
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
  });

  it("pad each delta to blocks of 16 characters, unless that is switched off", () => {
    const deltas = (events: StreamEvent[]) => events.filter((event) => event.type.endsWith(".delta"));
    for (const { delta, obfuscation } of deltas(eventsFor({ input: "why is the sky blue?" }))) {
      expect((delta.length + obfuscation.length) % 16).toBe(0);
      expect(obfuscation).toMatch(/^[A-Za-z0-9]+$/);
    }
    const plain = deltas(eventsFor({ input: "hello", stream_options: { include_obfuscation: false } }));
    expect(plain.length).toBeGreaterThan(3);
    expect(plain.some((event) => "obfuscation" in event)).toBe(false);
  });

  it("give deltas that join to the text of done, and the item of done in the output", () => {
    const events = eventsFor({ input: "why is the sky blue?", reasoning: { effort: "low", summary: "auto" } });
    const joined = (type: string) =>
      events
        .filter((event) => event.type === type)
        .map((event) => event.delta)
        .join("");
    const done = ofType(events, "response.output_text.done");
    expect(joined("response.output_text.delta")).toBe(done.text);
    expect(joined("response.reasoning_summary_text.delta")).toBe(
      ofType(events, "response.reasoning_summary_text.done").text,
    );
    const items = events.filter((event) => event.type === "response.output_item.done").map((event) => event.item);
    expect(ofType(events, "response.completed").response.output).toEqual(items);
    expect(items.map((item) => Object.keys(item))).toEqual([
      ["id", "type", "summary"],
      ["id", "type", "status", "content", "role"],
    ]);
    expect(done.item_id).toBe(items[1]?.id);
    expect(done.output_index).toBe(1);
  });

  it("have encrypted reasoning only if it is included", () => {
    const body = { input: "hello", reasoning: { effort: "low" } };
    const item = (events: StreamEvent[]) => ofType(events, "response.output_item.done").item;
    expect(item(eventsFor(body))).not.toHaveProperty("encrypted_content");
    const sealed = item(eventsFor({ ...body, include: ["reasoning.encrypted_content"] }));
    expect(sealed.encrypted_content).toMatch(/^gAAAAA[\w-]+==$/);
  });
});

describe("the response object", () => {
  it("has the fields of the recorded one, in its order", () => {
    expect(Object.keys(ofType(eventsFor({ input: "hello" }), "response.completed").response)).toEqual(
      RECORDED_RESPONSE_FIELDS,
    );
  });

  it("echoes the request", () => {
    const sent = {
      instructions: "Be kind.",
      tools: [WEATHER],
      reasoning: { effort: "low", summary: "auto" },
      text: { verbosity: "low" },
      tool_choice: "none",
      parallel_tool_calls: false,
      store: false,
      prompt_cache_key: "key",
      metadata: { a: "b" },
      service_tier: "priority",
    };
    const echoed = { ...sent, text: { format: { type: "text" }, verbosity: "low" }, model: "gpt-5.5" };
    for (const type of ["response.created", "response.in_progress", "response.completed"]) {
      expect(ofType(eventsFor({ input: "hello", ...sent }), type).response).toMatchObject(echoed);
    }
  });

  it("is in progress without usage at first and completed with usage at the end", () => {
    const events = eventsFor({ input: "count to 5", reasoning: { effort: "medium" } });
    expect(ofType(events, "response.created").response).toMatchObject({
      status: "in_progress",
      usage: null,
      output: [],
    });
    const { response } = ofType(events, "response.completed");
    expect(response).toMatchObject({
      status: "completed",
      created_at: NOW,
      completed_at: NOW + 1,
      service_tier: "default",
    });
    expect(response.usage).toEqual({
      input_tokens: expect.any(Number),
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: 5 + 128,
      output_tokens_details: { reasoning_tokens: 128 },
      total_tokens: response.usage.input_tokens + 5 + 128,
    });
  });

  it("reports a cached prefix, in blocks of 128 tokens, when a long conversation continues", () => {
    const long = { role: "user", content: "word ".repeat(2000) };
    const usage = (input: readonly Fields[]) => ofType(eventsFor({ input }), "response.completed").response.usage;
    const cached = (input: readonly Fields[]) => usage(input).input_tokens_details.cached_tokens;
    const goneOn = [long, { role: "assistant", content: "ok" }, { role: "user", content: "hello" }];
    expect(cached([long])).toBe(0);
    expect(cached(goneOn.slice(1))).toBe(0);
    expect(cached(goneOn)).toBeGreaterThanOrEqual(1024);
    expect(cached(goneOn) % 128).toBe(0);
    expect(cached(goneOn)).toBeLessThanOrEqual(usage(goneOn).input_tokens);
  });
});

describe("max_output_tokens", () => {
  it("cuts the answer and ends with response.incomplete", () => {
    const events = eventsFor({ input: "count to 100", max_output_tokens: 16 });
    const last = events.at(-1)!;
    expect(last.type).toBe("response.incomplete");
    expect(last.response).toMatchObject({ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } });
    expect(last.response.output[0]).toMatchObject({ status: "incomplete" });
    expect(last.response.usage.output_tokens).toBe(16);
  });

  it("is spent on reasoning first, which may leave nothing", () => {
    const body = { input: "hello", max_output_tokens: 64, reasoning: { effort: "medium" } };
    const { response } = eventsFor(body).at(-1)!;
    expect(response.status).toBe("incomplete");
    expect(response.output.map((item) => item.type)).toEqual(["reasoning"]);
    expect(response.usage.output_tokens_details.reasoning_tokens).toBe(64);
  });

  it("leaves an answer that fits exactly unchanged", () => {
    const last = eventsFor({ input: "count to 16", max_output_tokens: 16 }).at(-1);
    expect(last?.type).toBe("response.completed");
  });
});

describe("identifiers", () => {
  it("are distinct, have the service's form, and are the same after every start", () => {
    const take = () => {
      const identifiers = new Identifiers();
      return [identifiers.next("msg"), identifiers.next("msg"), identifiers.nextCallId()];
    };
    const [first, second, call] = take();
    expect(first).toMatch(/^msg_[0-9a-f]{50}$/);
    expect(second).not.toBe(first);
    expect(call).toMatch(/^call_[A-Za-z0-9]{24}$/);
    expect(take()).toEqual([first, second, call]);
  });
});
