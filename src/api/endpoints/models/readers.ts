import { isJsonObject, type JsonObject, numberOf, textOf } from "../../wire/json.ts";
import type { InstructionsVariables, ModelMessages, ModelUpgrade, ReasoningLevel, TruncationPolicy } from "./info.ts";

// Each takes a value that is present, and returns `undefined` if it has the wrong type. Undocumented fields of an object are kept.

export function flag(value: unknown): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}

export function integer(value: unknown): number | undefined {
  const number = numberOf(value);
  return Number.isSafeInteger(number) ? number : undefined;
}

export function texts(value: unknown): string[] | undefined {
  return listOf(value, textOf);
}

export function reasoningLevels(value: unknown): ReasoningLevel[] | undefined {
  return listOf(value, (entry) => {
    if (!isJsonObject(entry) || typeof entry.effort !== "string") return undefined;
    return { ...entry, effort: entry.effort, description: textOf(entry.description) ?? "" };
  });
}

export function truncationPolicy(value: unknown): TruncationPolicy | undefined {
  if (!isJsonObject(value)) return undefined;
  const { mode, limit } = value;
  return typeof mode === "string" && Number.isSafeInteger(limit) ? { ...value, mode, limit: Number(limit) } : undefined;
}

export function availabilityNotice(value: unknown): { readonly message: string } | undefined {
  return isJsonObject(value) && typeof value.message === "string" ? { ...value, message: value.message } : undefined;
}

export function upgrade(value: unknown): ModelUpgrade | undefined {
  if (!isJsonObject(value)) return undefined;
  const { model, migration_markdown } = value;
  if (typeof model !== "string" || typeof migration_markdown !== "string") return undefined;
  return { ...value, model, migration_markdown };
}

export function modelMessages(value: unknown): ModelMessages | undefined {
  if (!isJsonObject(value)) return undefined;
  const { instructions_variables: variables } = value;
  return {
    ...value,
    instructions_template: textOf(value.instructions_template),
    instructions_variables: isJsonObject(variables) ? personalities(variables) : undefined,
  };
}

function personalities(variables: JsonObject): InstructionsVariables {
  return {
    ...variables,
    personality_default: textOf(variables.personality_default),
    personality_friendly: textOf(variables.personality_friendly),
    personality_pragmatic: textOf(variables.personality_pragmatic),
  };
}

/** The entries that can be read; the others are left out. */
function listOf<Entry>(value: unknown, read: (entry: unknown) => Entry | undefined): Entry[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.map(read).filter((entry) => entry !== undefined);
}
