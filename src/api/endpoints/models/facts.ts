import { list, object } from "../../../client/options.ts";
import type { ReasoningEffort } from "../../wire/requests.ts";
import { fallbackModelInfo, type ModelInfo } from "./info.ts";

/** How the caller logged in. With an API key, models that require a ChatGPT login are not offered. */
export type AuthMode = "api_key" | "chatgpt";

export type Personality = "none" | "friendly" | "pragmatic";

/** Number of tokens from which a conversation should be compacted: the configured limit, but at most nine tenths of the context window. */
export function autoCompactTokenLimit(model: ModelInfo): number | undefined {
  checkModelInfo("autoCompactTokenLimit", model);
  const configured = model.auto_compact_token_limit ?? undefined;
  const contextWindow = model.context_window ?? undefined;
  if (contextWindow === undefined) return configured;
  const ofWindow = Math.trunc((contextWindow * 9) / 10);
  return configured === undefined ? ofWindow : Math.min(configured, ofWindow);
}

/** The model's default reasoning effort: `none` if the service names no default. */
export function defaultReasoningEffort(model: ModelInfo): ReasoningEffort {
  checkModelInfo("defaultReasoningEffort", model);
  return model.default_reasoning_level ?? "none";
}

/** True if the model should be offered to users. */
export function isShownInPicker(model: ModelInfo, authMode: AuthMode = "chatgpt"): boolean {
  checkModelInfo("isShownInPicker", model);
  return model.visibility === "list" && (authMode === "chatgpt" || model.supported_in_api);
}

/** The models to offer, in the service's order of preference. */
export function pickerModels(models: readonly ModelInfo[], authMode: AuthMode = "chatgpt"): ModelInfo[] {
  list("the models of pickerModels()", models, "a list, as models.list() returns it");
  const shown = models.filter((model) => isShownInPicker(model, authMode));
  return shown.sort((one, other) => one.priority - other.priority);
}

/** The first of the models to offer; `undefined` if there is none. */
export function defaultModel(models: readonly ModelInfo[], authMode: AuthMode = "chatgpt"): ModelInfo | undefined {
  return pickerModels(models, authMode)[0];
}

const PLACEHOLDER = "{{ personality }}";

/** True if the model's instructions can include a personality. */
export function supportsPersonality(model: ModelInfo): boolean {
  checkModelInfo("supportsPersonality", model);
  const { instructions_template: template, instructions_variables: variables } = model.model_messages ?? {};
  if (typeof template !== "string" || !template.includes(PLACEHOLDER)) return false;
  return [variables?.personality_default, variables?.personality_friendly, variables?.personality_pragmatic].every(
    (message) => typeof message === "string",
  );
}

/**
 * The instructions of a model: its template with the personality's text, or its base instructions if it has no template.
 *
 * @param personality - `none` inserts nothing. Default: the model's default.
 */
export function modelInstructions(model: ModelInfo, personality?: Personality): string {
  checkModelInfo("modelInstructions", model);
  const { instructions_template: template } = model.model_messages ?? {};
  if (typeof template !== "string") return model.base_instructions;
  return template.replaceAll(PLACEHOLDER, () => personalityText(model, personality));
}

function personalityText(model: ModelInfo, personality: Personality | undefined): string {
  const variables = model.model_messages?.instructions_variables;
  switch (personality) {
    case "none":
      return "";
    case "friendly":
      return variables?.personality_friendly ?? "";
    case "pragmatic":
      return variables?.personality_pragmatic ?? "";
    default:
      return variables?.personality_default ?? "";
  }
}

/**
 * The facts of the model that a slug names: the model with the longest slug that the given one begins with (`gpt-5.1-codex-mini-2026` is
 * `gpt-5.1-codex-mini`), also after removing one `namespace/`; else {@link fallbackModelInfo}. The result has the given slug.
 */
export function modelInfoFor(slug: string, models: readonly ModelInfo[]): ModelInfo {
  list("the models of modelInfoFor()", models, "a list, as models.list() returns it");
  const found = longestPrefix(slug, models) ?? longestPrefix(withoutNamespace(slug), models);
  return found ? { ...found, slug } : fallbackModelInfo(slug);
}

function longestPrefix(slug: string | undefined, models: readonly ModelInfo[]): ModelInfo | undefined {
  let best: ModelInfo | undefined;
  for (const model of models) {
    if (slug?.startsWith(model.slug) && model.slug.length > (best?.slug.length ?? 0)) best = model;
  }
  return best;
}

function withoutNamespace(slug: string): string | undefined {
  return /^[^/]+\/([^/]+)$/.exec(slug)?.[1];
}

function checkModelInfo(call: string, model: ModelInfo): void {
  object(`the model of ${call}()`, model, "an entry of a list of models");
}
