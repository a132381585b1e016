import type { OpenString } from "../../wire/items.ts";
import type { ReasoningEffort, Verbosity } from "../../wire/requests.ts";

export interface ReasoningLevel {
  readonly effort: ReasoningEffort;
  readonly description: string;
}

/** Another model that the service recommends instead. */
export interface ModelUpgrade {
  readonly model: string;
  readonly migration_markdown: string;
}

/** The texts for the placeholder of an instructions template, by personality. */
export interface InstructionsVariables {
  readonly personality_default?: string | null | undefined;
  readonly personality_friendly?: string | null | undefined;
  readonly personality_pragmatic?: string | null | undefined;
}

export interface ModelMessages {
  /** Contains `{{ personality }}` where a personality's text is inserted. */
  readonly instructions_template?: string | null | undefined;
  readonly instructions_variables?: InstructionsVariables | null | undefined;
}

/** How much of a tool's output is passed to the model. */
export interface TruncationPolicy {
  readonly mode: OpenString<"bytes" | "tokens">;
  readonly limit: number;
}

/**
 * What the service says about one model, in wire names. A field that is not listed here is included as received; an unknown value
 * (a new effort, a new modality) is kept as text.
 */
export interface ModelInfo {
  readonly slug: string;
  /** Default: the slug. */
  readonly display_name: string;
  readonly description?: string | null | undefined;
  readonly default_reasoning_level?: ReasoningEffort | null | undefined;
  readonly supported_reasoning_levels: readonly ReasoningLevel[];
  readonly shell_type: OpenString<"default" | "local" | "unified_exec" | "disabled" | "shell_command">;
  /** `list`: offered to people; `hide`: usable, not offered; `none`: neither. */
  readonly visibility: OpenString<"list" | "hide" | "none">;
  /** True if the model can be used with an API key, not only with a ChatGPT login. */
  readonly supported_in_api: boolean;
  /** The lowest comes first. */
  readonly priority: number;
  readonly availability_nux?: { readonly message: string } | null | undefined;
  readonly upgrade?: ModelUpgrade | null | undefined;
  readonly base_instructions: string;
  readonly model_messages?: ModelMessages | null | undefined;
  readonly supports_reasoning_summaries: boolean;
  /** Default `auto`. */
  readonly default_reasoning_summary: OpenString<"auto" | "concise" | "detailed" | "none">;
  readonly support_verbosity: boolean;
  readonly default_verbosity?: Verbosity | null | undefined;
  readonly apply_patch_tool_type?: OpenString<"freeform" | "function"> | null | undefined;
  /** Default `text`. */
  readonly web_search_tool_type: OpenString<"text" | "text_and_image">;
  readonly truncation_policy: TruncationPolicy;
  readonly supports_parallel_tool_calls: boolean;
  readonly supports_image_detail_original: boolean;
  /** In tokens. */
  readonly context_window?: number | null | undefined;
  /** In tokens. Use `autoCompactTokenLimit(model)`, which also considers the context window. */
  readonly auto_compact_token_limit?: number | null | undefined;
  /** Share of the context window that is usable, in percent. Default 95. */
  readonly effective_context_window_percent: number;
  readonly experimental_supported_tools: readonly string[];
  /** Default `["text", "image"]`. */
  readonly input_modalities: readonly OpenString<"text" | "image">[];
  readonly supports_search_tool: boolean;
  /** True if these facts are those of {@link fallbackModelInfo}, not of a known model. The service never sends it. */
  readonly used_fallback_model_metadata: boolean;
  readonly [field: string]: unknown;
}

/** Facts to use for an unknown model. */
export function fallbackModelInfo(slug: string): ModelInfo {
  return {
    slug,
    display_name: slug,
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
    context_window: 272_000,
    effective_context_window_percent: 95,
    experimental_supported_tools: [],
    input_modalities: ["text", "image"],
    supports_search_tool: false,
    used_fallback_model_metadata: true,
  };
}
