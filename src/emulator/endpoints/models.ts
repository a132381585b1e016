import { createHash } from "node:crypto";
import type { Fields } from "../fields.ts";
import { ServiceError } from "../service-error.ts";

const EFFORTS: readonly (readonly [effort: string, description: string])[] = [
  ["low", "Answers at once"],
  ["medium", "Thinks for a moment"],
  ["high", "Thinks longer"],
];

function modelInfo(slug: string, displayName: string, description: string, priority: number): Fields {
  return {
    slug,
    display_name: displayName,
    description,
    default_reasoning_level: "medium",
    supported_reasoning_levels: EFFORTS.map(([effort, text]) => ({ effort, description: text })),
    shell_type: "shell_command",
    visibility: "list",
    supported_in_api: true,
    priority,
    availability_nux: null,
    upgrade: null,
    base_instructions: "You are the codex-wire emulator. Be brief, friendly and always the same.",
    supports_reasoning_summaries: true,
    default_reasoning_summary: "auto",
    support_verbosity: true,
    default_verbosity: "low",
    apply_patch_tool_type: "freeform",
    web_search_tool_type: "text",
    truncation_policy: { mode: "tokens", limit: 10_000 },
    supports_parallel_tool_calls: true,
    supports_image_detail_original: false,
    context_window: 272_000,
    auto_compact_token_limit: 244_800,
    effective_context_window_percent: 95,
    experimental_supported_tools: [],
    input_modalities: ["text", "image"],
    supports_search_tool: false,
  };
}

const CATALOG: readonly Fields[] = [
  modelInfo("gpt-5.5", "GPT-5.5 (emulated)", "The emulator under the name of a large model.", 0),
  modelInfo("gpt-5.1-codex-mini", "GPT-5.1 Codex Mini (emulated)", "The emulator under the name of a small model.", 10),
];

/** Changes only when the list does; answers of the model carry it too. */
export const MODELS_ETAG = `"${createHash("sha256").update(JSON.stringify(CATALOG)).digest("hex").slice(0, 16)}"`;

/**
 * With a client version the list for Codex clients, without one that of the public API.
 *
 * @param names - The available models. Default: the emulator's own two.
 */
export function listModels(clientVersion: string | null, names?: readonly string[]): Fields {
  if (clientVersion !== null) {
    const given = names?.map((name, index) =>
      modelInfo(name, name, "The emulator under a name that was given to it.", index),
    );
    return { models: given ?? CATALOG };
  }
  return { object: "list", data: (names ?? CATALOG.map(({ slug }) => String(slug))).map(modelObject) };
}

/** One model of the public API; any name is accepted unless the models are given. @throws {@link ServiceError} 404 */
export function findModel(id: string, names?: readonly string[]): Fields {
  if (names && !names.includes(id)) {
    throw new ServiceError(404, {
      message: `The model '${id}' does not exist`,
      param: "model",
      code: "model_not_found",
    });
  }
  return modelObject(id);
}

function modelObject(id: string): Fields {
  return { id, object: "model", created: 1_773_360_000, owned_by: "emulator" };
}
