/** Tools of a request, in wire names. Only types. Build tools that are not listed here with `unlisted`. */
import type { OpenString, Unlisted } from "./items.ts";
import type { JsonSchema, ReadBy } from "./schema.ts";

/** Who may call a tool: the model itself, a program that it wrote, or both. */
type AllowedCallers = readonly OpenString<"direct" | "programmatic">[] | null | undefined;

/** A tool that the caller runs, with JSON arguments. `functionTool` builds it from a schema. */
export interface FunctionTool<Call = unknown> extends ReadBy<Call> {
  readonly type: "function";
  readonly name: string;
  readonly description?: string | null | undefined;
  readonly parameters?: JsonSchema | null | undefined;
  /** Whether the arguments must match `parameters` exactly. The service's default is true. */
  readonly strict?: boolean | null | undefined;
  readonly output_schema?: JsonSchema | null | undefined;
  /** True if its output may come in a later request than the next. */
  readonly async?: boolean | undefined;
  readonly defer_loading?: boolean | undefined;
  readonly allowed_callers?: AllowedCallers;
}

export interface TextGrammar {
  readonly type: "text";
}
export interface ToolGrammar {
  readonly type: "grammar";
  readonly syntax: OpenString<"lark" | "regex">;
  readonly definition: string;
}
/** A tool that the caller runs, with a text as its input. `customTool` builds it. */
export interface CustomTool<Call = unknown> extends ReadBy<Call> {
  readonly type: "custom";
  readonly name: string;
  readonly description?: string | undefined;
  readonly format?: TextGrammar | ToolGrammar | Unlisted | undefined;
  readonly async?: boolean | undefined;
  readonly defer_loading?: boolean | undefined;
  readonly allowed_callers?: AllowedCallers;
}

/** Several tools under one name. */
export interface NamespaceTool<Call = unknown> extends ReadBy<Call> {
  readonly type: "namespace";
  readonly name: string;
  readonly description: string;
  readonly tools: readonly (FunctionTool<Call> | CustomTool<Call> | Unlisted)[];
}

/** Finds tools that have `defer_loading` set. */
export interface ToolSearchTool {
  readonly type: "tool_search";
  readonly description?: string | null | undefined;
  readonly execution?: OpenString<"server" | "client"> | undefined;
  readonly parameters?: JsonSchema | null | undefined;
}
/** Lets the model write programs that call tools. */
export interface ProgrammaticToolCallingTool {
  readonly type: "programmatic_tool_calling";
}

export interface UserLocation {
  readonly type: "approximate";
  readonly city?: string | null | undefined;
  readonly country?: string | null | undefined;
  readonly region?: string | null | undefined;
  readonly timezone?: string | null | undefined;
}
export interface WebSearchTool {
  readonly type: "web_search" | "web_search_2025_08_26";
  readonly external_web_access?: boolean | undefined;
  readonly filters?:
    | {
        readonly allowed_domains?: readonly string[] | null | undefined;
        readonly blocked_domains?: readonly string[] | null | undefined;
      }
    | null
    | undefined;
  readonly search_content_types?: readonly OpenString<"text" | "image">[] | undefined;
  readonly search_context_size?: OpenString<"low" | "medium" | "high"> | undefined;
  readonly user_location?: UserLocation | null | undefined;
}
export interface WebSearchPreviewTool {
  readonly type: "web_search_preview" | "web_search_preview_2025_03_11";
  readonly search_content_types?: readonly OpenString<"text" | "image">[] | undefined;
  readonly search_context_size?: OpenString<"low" | "medium" | "high"> | undefined;
  readonly user_location?: UserLocation | null | undefined;
}

export interface ComparisonFilter {
  readonly type: "eq" | "ne" | "gt" | "gte" | "lt" | "lte" | "in" | "nin";
  readonly key: string;
  readonly value: string | number | boolean | readonly (string | number)[];
}
export interface CompoundFilter {
  readonly type: "and" | "or";
  readonly filters: readonly (ComparisonFilter | CompoundFilter)[];
}
export interface FileSearchTool {
  readonly type: "file_search";
  readonly vector_store_ids: readonly string[];
  readonly filters?: ComparisonFilter | CompoundFilter | null | undefined;
  readonly max_num_results?: number | undefined;
  readonly ranking_options?:
    | {
        readonly hybrid_search?: { readonly embedding_weight: number; readonly text_weight: number } | undefined;
        readonly ranker?: OpenString<"auto" | "default-2024-11-15"> | undefined;
        readonly score_threshold?: number | undefined;
      }
    | undefined;
}

interface McpToolFilter {
  readonly read_only?: boolean | undefined;
  readonly tool_names?: readonly string[] | undefined;
}
/** A server of the Model Context Protocol, which the service calls. */
export interface McpTool {
  readonly type: "mcp";
  readonly server_label: string;
  readonly server_url?: string | undefined;
  readonly server_description?: string | undefined;
  readonly connector_id?: string | undefined;
  readonly tunnel_id?: string | undefined;
  readonly authorization?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | null | undefined;
  readonly allowed_tools?: readonly string[] | McpToolFilter | null | undefined;
  readonly require_approval?:
    | "always"
    | "never"
    | { readonly always?: McpToolFilter | undefined; readonly never?: McpToolFilter | undefined }
    | null
    | undefined;
  readonly allowed_callers?: AllowedCallers;
  readonly defer_loading?: boolean | undefined;
}

type ContainerMemory = OpenString<"1g" | "4g" | "16g" | "64g"> | null | undefined;
export type ContainerNetworkPolicy =
  | { readonly type: "disabled" }
  | {
      readonly type: "allowlist";
      readonly allowed_domains: readonly string[];
      readonly domain_secrets?:
        | readonly { readonly domain: string; readonly name: string; readonly value: string }[]
        | undefined;
    };
export interface CodeInterpreterTool {
  readonly type: "code_interpreter";
  readonly container:
    | string
    | {
        readonly type: "auto";
        readonly file_ids?: readonly string[] | undefined;
        readonly memory_limit?: ContainerMemory;
        readonly network_policy?: ContainerNetworkPolicy | undefined;
      };
  readonly allowed_callers?: AllowedCallers;
}

export type ContainerSkill =
  | { readonly type: "skill_reference"; readonly skill_id: string; readonly version?: string | undefined }
  | {
      readonly type: "inline";
      readonly name: string;
      readonly description: string;
      readonly source: { readonly type: "base64"; readonly media_type: "application/zip"; readonly data: string };
    };
export type ShellEnvironment =
  | {
      readonly type: "container_auto";
      readonly file_ids?: readonly string[] | undefined;
      readonly memory_limit?: ContainerMemory;
      readonly network_policy?: ContainerNetworkPolicy | undefined;
      readonly skills?: readonly ContainerSkill[] | undefined;
    }
  | {
      readonly type: "local";
      readonly skills?:
        | readonly { readonly name: string; readonly description: string; readonly path: string }[]
        | undefined;
    }
  | { readonly type: "container_reference"; readonly container_id: string };
export interface ShellTool {
  readonly type: "shell";
  readonly environment?: ShellEnvironment | null | undefined;
  readonly allowed_callers?: AllowedCallers;
}
export interface LocalShellTool {
  readonly type: "local_shell";
}
export interface ApplyPatchTool {
  readonly type: "apply_patch";
  readonly allowed_callers?: AllowedCallers;
}

export interface ComputerTool {
  readonly type: "computer";
}
export interface ComputerUsePreviewTool {
  readonly type: "computer_use_preview";
  readonly display_height: number;
  readonly display_width: number;
  readonly environment: OpenString<"windows" | "mac" | "linux" | "ubuntu" | "browser">;
}

export interface ImageGenerationTool {
  readonly type: "image_generation";
  readonly action?: OpenString<"generate" | "edit" | "auto"> | undefined;
  readonly background?: OpenString<"transparent" | "opaque" | "auto"> | undefined;
  readonly complexity?: OpenString<"low" | "medium" | "high"> | undefined;
  readonly frame_count?: number | undefined;
  readonly frame_duration_ms?: number | undefined;
  readonly input_fidelity?: OpenString<"high" | "low"> | null | undefined;
  readonly input_image_mask?:
    | { readonly file_id?: string | undefined; readonly image_url?: string | undefined }
    | undefined;
  readonly model?: string | undefined;
  readonly moderation?: OpenString<"auto" | "low"> | undefined;
  readonly output_compression?: number | undefined;
  readonly output_format?: OpenString<"png" | "webp" | "jpeg" | "gif" | "svg"> | undefined;
  readonly partial_images?: number | undefined;
  readonly quality?: OpenString<"low" | "medium" | "high" | "xhigh" | "max" | "auto"> | undefined;
  readonly size?: OpenString<"1024x1024" | "1024x1536" | "1536x1024" | "auto"> | undefined;
  readonly svg?:
    | {
        readonly model?: string | undefined;
        readonly reasoning?: { readonly effort?: string | undefined } | null | undefined;
      }
    | undefined;
}

/** One tool of a request. `Call` is the type that its calls are read as. */
export type Tool<Call = unknown> =
  | FunctionTool<Call>
  | CustomTool<Call>
  | NamespaceTool<Call>
  | ToolSearchTool
  | ProgrammaticToolCallingTool
  | WebSearchTool
  | WebSearchPreviewTool
  | FileSearchTool
  | McpTool
  | CodeInterpreterTool
  | ShellTool
  | LocalShellTool
  | ApplyPatchTool
  | ComputerTool
  | ComputerUsePreviewTool
  | ImageGenerationTool
  | Unlisted;

/** Which tool the model must use. */
export type ToolChoice =
  | OpenString<"auto" | "none" | "required">
  | { readonly type: "function" | "custom"; readonly name: string }
  | { readonly type: "mcp"; readonly server_label: string; readonly name?: string | null | undefined }
  | {
      readonly type: "allowed_tools";
      readonly mode: OpenString<"auto" | "required">;
      readonly tools: readonly Readonly<Record<string, unknown>>[];
    }
  | {
      readonly type:
        | "file_search"
        | "web_search"
        | "web_search_preview"
        | "web_search_preview_2025_03_11"
        | "computer"
        | "computer_use"
        | "computer_use_preview"
        | "image_generation"
        | "code_interpreter"
        | "apply_patch"
        | "shell"
        | "programmatic_tool_calling";
    }
  | Unlisted;
