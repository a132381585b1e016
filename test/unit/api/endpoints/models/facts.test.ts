import { describe, expect, test } from "vitest";
import { wholeVersion } from "../../../../../src/api/endpoints/models/client.ts";
import {
  autoCompactTokenLimit,
  defaultModel,
  defaultReasoningEffort,
  isShownInPicker,
  modelInfoFor,
  modelInstructions,
  type Personality,
  pickerModels,
  supportsPersonality,
} from "../../../../../src/api/endpoints/models/facts.ts";
import { fallbackModelInfo, type ModelInfo } from "../../../../../src/api/endpoints/models/info.ts";

function model(fields: Partial<ModelInfo>): ModelInfo {
  return { ...fallbackModelInfo("m"), used_fallback_model_metadata: false, ...fields };
}

test.each<[string, number | null | undefined, number | null | undefined, number | undefined]>([
  ["nine tenths of the window", 272_000, undefined, 244_800],
  ["whole tokens", 11, undefined, 9],
  ["what is configured, where that is less", 1000, 500, 500],
  ["nine tenths of the window, where that is less", 1000, 950, 900],
  ["what is configured, without a window", undefined, 950, 950],
  ["nothing, where nothing is said", null, null, undefined],
])("a conversation is compacted at %s", (_what, context_window, auto_compact_token_limit, limit) => {
  expect(autoCompactTokenLimit(model({ context_window, auto_compact_token_limit }))).toBe(limit);
});

test.each([
  ["high", "high"],
  [undefined, "none"],
  [null, "none"],
])("a model whose default effort is %j uses %j", (default_reasoning_level, effort) => {
  expect(defaultReasoningEffort(model({ default_reasoning_level }))).toBe(effort);
});

describe("the picker", () => {
  const listed = model({ slug: "listed", visibility: "list", priority: 5 });
  const best = model({ slug: "best", visibility: "list", priority: -1, supported_in_api: false });
  const hidden = model({ slug: "hidden", visibility: "hide", priority: -9 });
  const models = [listed, hidden, best, model({ slug: "later", visibility: "list", priority: 5 })];

  test("shows listed models by priority, and leaves the list unchanged", () => {
    expect(pickerModels(models).map(({ slug }) => slug)).toEqual(["best", "listed", "later"]);
    expect(models[0]).toBe(listed);
    expect(defaultModel(models)).toBe(best);
  });

  test("hides models that an API key cannot use", () => {
    expect(pickerModels(models, "api_key").map(({ slug }) => slug)).toEqual(["listed", "later"]);
    expect(defaultModel(models, "api_key")).toBe(listed);
    expect([isShownInPicker(best), isShownInPicker(best, "api_key")]).toEqual([true, false]);
  });

  test("may be empty", () => {
    expect(defaultModel([hidden])).toBeUndefined();
  });
});

describe("instructions", () => {
  const variables = { personality_default: "calm", personality_friendly: "warm $&", personality_pragmatic: "dry" };
  const withTemplate = (template: string, instructions_variables: object | null = variables) =>
    model({ base_instructions: "base", model_messages: { instructions_template: template, instructions_variables } });
  const template = "You are {{ personality }}, {{ personality }}.";

  test.each<[Personality | undefined, string]>([
    ["friendly", "You are warm $&, warm $&."],
    ["pragmatic", "You are dry, dry."],
    ["none", "You are , ."],
    [undefined, "You are calm, calm."],
  ])("use the personality %j", (personality, text) => {
    expect(modelInstructions(withTemplate(template), personality)).toBe(text);
  });

  test("are the template without missing parts, even if it has no place for a personality", () => {
    expect(modelInstructions(withTemplate(template, null), "friendly")).toBe("You are , .");
    expect(modelInstructions(withTemplate(template, null), "pragmatic")).toBe("You are , .");
    expect(modelInstructions(withTemplate(template, { personality_friendly: null }))).toBe("You are , .");
    expect(modelInstructions(withTemplate("No place."), "friendly")).toBe("No place.");
    expect(modelInstructions(withTemplate(""), "friendly")).toBe("");
  });

  test.each([undefined, null, {}, { instructions_template: null }])("are the base ones with %j", (model_messages) => {
    expect(modelInstructions(model({ base_instructions: "base", model_messages }), "friendly")).toBe("base");
  });

  test("have a personality if there is a place and a text for each", () => {
    expect(supportsPersonality(withTemplate(template))).toBe(true);
    expect(supportsPersonality(withTemplate(template, { ...variables, personality_default: "" }))).toBe(true);
    expect(supportsPersonality(withTemplate("No place."))).toBe(false);
    expect(supportsPersonality(withTemplate(template, null))).toBe(false);
    expect(supportsPersonality(model({}))).toBe(false);
    for (const name of Object.keys(variables)) {
      expect(supportsPersonality(withTemplate(template, { ...variables, [name]: null })), name).toBe(false);
    }
  });
});

describe("the facts of a slug", () => {
  const models = ["gpt-5", "gpt-5.1-codex", "gpt-5.1", "o/x"].map((slug) => model({ slug, display_name: slug }));

  test.each<[string, string | undefined]>([
    ["gpt-5.1", "gpt-5.1"],
    ["gpt-5.1-codex-mini-2026", "gpt-5.1-codex"],
    ["gpt-5-mini", "gpt-5"],
    ["openai/gpt-5.1-codex", "gpt-5.1-codex"],
    ["o/x-large", "o/x"],
    ["a/b/gpt-5", undefined],
    ["/gpt-5", undefined],
    ["GPT-5", undefined],
    ["gpt-4", undefined],
    ["", undefined],
  ])("%j are those of %j", (slug, found) => {
    const info = modelInfoFor(slug, models);
    expect(info.slug).toBe(slug);
    expect(info.used_fallback_model_metadata).toBe(found === undefined);
    expect(info.display_name).toBe(found ?? slug);
  });

  test("are the fallback's where the model is unknown", () => {
    expect(fallbackModelInfo("new")).toMatchObject({
      slug: "new",
      context_window: 272_000,
      truncation_policy: { mode: "bytes", limit: 10_000 },
      priority: 99,
      visibility: "none",
      shell_type: "default",
      supports_reasoning_summaries: false,
      support_verbosity: false,
      used_fallback_model_metadata: true,
    });
  });

  test("are not those of a model without a name", () => {
    expect(modelInfoFor("x", [model({ slug: "" })]).used_fallback_model_metadata).toBe(true);
  });
});

describe("the client's version", () => {
  test.each([
    ["0.115.0", "0.115.0"],
    ["1.2.3-alpha.4", "1.2.3"],
    ["1.2.3+build", "1.2.3"],
  ])("%s is sent as %s", (version, whole) => {
    expect(wholeVersion(version)).toBe(whole);
  });

  test.each(["", "1.2", "v1.2.3", "1.2.3.4", "1.2.3alpha", "dev"])("%j is refused", (version) => {
    expect(() => wholeVersion(version)).toThrow(/is not a version; it looks like 0\.115\.0/);
  });
});
