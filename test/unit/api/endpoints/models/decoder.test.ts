import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeModels } from "../../../../../src/api/endpoints/models/decoder.ts";
import { AnswerReader } from "../../../../../src/api/wire/answer-reader.ts";
import { ProtocolError } from "../../../../../src/client/failure/kinds.ts";

const read = (answer: unknown) => new AnswerReader(answer, "failed to decode models response");

/** All documented fields of a model, none with its default value. */
const full = {
  slug: "gpt-x",
  display_name: "GPT X",
  description: "d",
  default_reasoning_level: "high",
  supported_reasoning_levels: [{ effort: "high", description: "thinks" }],
  shell_type: "unified_exec",
  visibility: "list",
  supported_in_api: false,
  priority: 3,
  availability_nux: { message: "new" },
  upgrade: { model: "gpt-y", migration_markdown: "**y**" },
  base_instructions: "b",
  model_messages: {
    instructions_template: "{{ personality }}",
    instructions_variables: { personality_default: "d", personality_friendly: "f", personality_pragmatic: "p" },
  },
  supports_reasoning_summaries: true,
  default_reasoning_summary: "concise",
  support_verbosity: true,
  default_verbosity: "low",
  apply_patch_tool_type: "freeform",
  web_search_tool_type: "text_and_image",
  truncation_policy: { mode: "tokens", limit: 5 },
  supports_parallel_tool_calls: true,
  supports_image_detail_original: true,
  context_window: 100,
  auto_compact_token_limit: 50,
  effective_context_window_percent: 90,
  experimental_supported_tools: ["t"],
  input_modalities: ["text"],
  supports_search_tool: true,
};

const defaults = {
  display_name: "gpt-x",
  supported_reasoning_levels: [],
  shell_type: "default",
  visibility: "none",
  supported_in_api: true,
  priority: 99,
  base_instructions: "",
  supports_reasoning_summaries: false,
  default_reasoning_summary: "auto",
  support_verbosity: false,
  web_search_tool_type: "text",
  truncation_policy: { mode: "bytes", limit: 10_000 },
  supports_parallel_tool_calls: false,
  supports_image_detail_original: false,
  effective_context_window_percent: 95,
  experimental_supported_tools: [],
  input_modalities: ["text", "image"],
  supports_search_tool: false,
};

/** The one model of a list, and what of it could not be read. */
function decodeOne(entry: object) {
  const unreadable: string[] = [];
  const [model] = decodeModels(read({ models: [entry] }), (place) => void unreadable.push(place));
  return { model, unreadable };
}

describe("a model", () => {
  test("with every field set is read in full", () => {
    expect(decodeOne(full)).toEqual({ model: { ...full, used_fallback_model_metadata: false }, unreadable: [] });
  });

  test("with only a slug has every default, and no context window", () => {
    const { model, unreadable } = decodeOne({ slug: "gpt-x" });
    expect(model).toStrictEqual({ slug: "gpt-x", ...defaults, used_fallback_model_metadata: false });
    expect(unreadable).toEqual([]);
  });

  test("with null in every other field equals one without them", () => {
    const nothing = Object.fromEntries(Object.keys(full).map((field) => [field, null]));
    expect(decodeOne({ ...nothing, slug: "gpt-x" })).toEqual(decodeOne({ slug: "gpt-x" }));
  });

  test.each(Object.keys(full).filter((field) => field !== "slug"))(
    "loses only %s if that is of another type",
    (field) => {
      const { model, unreadable } = decodeOne({ ...full, [field]: 0.5 });
      const { [field]: _gone, ...rest } = { ...full, used_fallback_model_metadata: false } as Record<string, unknown>;
      expect(model).toEqual({ ...rest, ...(field in defaults ? { [field]: defaults[field as "priority"] } : {}) });
      expect(unreadable).toEqual([`models[0].${field}`]);
    },
  );

  test("keeps unknown fields, efforts, modalities and kinds (parity: models/unknown-value)", () => {
    const news = {
      slug: "n",
      visibility: "friends",
      shell_type: "holodeck",
      default_reasoning_level: "ultra",
      supported_reasoning_levels: [{ effort: "ultra", cost: 2 }, { effort: 1 }, { effort: "low", description: "l" }],
      input_modalities: ["text", "smell", 3],
      truncation_policy: { mode: "pages", limit: 2, unit: "A4" },
      model_messages: { instructions_template: 5, other: 1, instructions_variables: { personality_grumpy: "g" } },
      max_context_window: 9,
    };
    expect(decodeOne(news).model).toMatchObject({
      visibility: "friends",
      shell_type: "holodeck",
      default_reasoning_level: "ultra",
      supported_reasoning_levels: [
        { effort: "ultra", description: "", cost: 2 },
        { effort: "low", description: "l" },
      ],
      input_modalities: ["text", "smell"],
      truncation_policy: { mode: "pages", limit: 2, unit: "A4" },
      model_messages: { other: 1, instructions_variables: { personality_grumpy: "g" } },
      max_context_window: 9,
    });
  });

  test("is never marked as the fallback because the service says so", () => {
    expect(decodeOne({ slug: "x", used_fallback_model_metadata: true }).model).toMatchObject({
      used_fallback_model_metadata: false,
    });
  });

  test.each([
    { upgrade: { model: "y" } },
    { availability_nux: { text: "n" } },
    { truncation_policy: { mode: "bytes" } },
  ])("leaves out an incomplete value: %j", (half) => {
    const { unreadable } = decodeOne({ slug: "x", ...half });
    expect(unreadable).toEqual([`models[0].${Object.keys(half)[0]}`]);
  });
});

describe("an answer", () => {
  test("from the public API has names with the facts of unknown models (parity: models/public-list)", () => {
    expect(decodeModels(read({ object: "list", data: [{ id: "gpt-5-mini", owned_by: "system" }] }))).toMatchObject([
      { slug: "gpt-5-mini", owned_by: "system", context_window: 272_000, used_fallback_model_metadata: true },
    ]);
  });

  test("with models is read as the backend's, whatever else it has", () => {
    expect(decodeModels(read({ data: [1], models: [] }))).toEqual([]);
  });

  test.each<[unknown, string]>([
    [null, "invalid type: null, expected a JSON object"],
    [[], "invalid type: sequence, expected a JSON object"],
    [{}, "missing field `models`"],
    [{ models: {} }, "models: invalid type: map, expected a sequence"],
    [{ models: ["m"] }, "models[0]: invalid type: string, expected a JSON object"],
    [{ models: [{ slug: "a" }, {}] }, "models[1]: missing field `slug`"],
    [{ models: [{ slug: null }] }, "models[0].slug: invalid type: null, expected a string"],
    [{ data: [{}] }, "data[0]: missing field `id`"],
  ])("%j is refused as a list of models", (answer, why) => {
    expect(() => decodeModels(read(answer))).toThrow(new ProtocolError(`failed to decode models response: ${why}`));
  });

  test("of any JSON decodes or is a protocol error", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...Object.keys(full)), (value, field) => {
        for (const answer of [value, { models: value }, { models: [{ slug: "s", [field]: value }] }]) {
          try {
            decodeModels(read(answer));
          } catch (error) {
            if (!(error instanceof ProtocolError)) throw error;
          }
        }
      }),
    );
  });
});
