/**
 * Items about tools that the service itself runs or defines (search, containers, computers, MCP, programs), and items that only refer to
 * something. Only types. The package does not read their fields: they are sent unchanged, ids included.
 */
import type { Caller, ItemStatus, OpenString, Unlisted } from "./items.ts";
import type { ReasoningEffort, TextFormat } from "./request-fields.ts";

export interface FileSearchCallItem {
  readonly type: "file_search_call";
  readonly id: string;
  readonly queries: readonly string[];
  readonly status: OpenString<"in_progress" | "searching" | "completed" | "incomplete" | "failed">;
  readonly results?: readonly unknown[] | null | undefined;
}

export interface CodeInterpreterCallItem {
  readonly type: "code_interpreter_call";
  readonly id: string;
  readonly code: string | null;
  readonly container_id: string;
  readonly outputs: readonly unknown[] | null;
  readonly status: OpenString<"in_progress" | "completed" | "incomplete" | "interpreting" | "failed">;
}

interface SafetyCheck {
  readonly id: string;
  readonly code?: string | null | undefined;
  readonly message?: string | null | undefined;
}
/** What to do on a screen. `action` or `actions` says it; their kinds are many. */
export interface ComputerCallItem {
  readonly type: "computer_call";
  readonly id: string;
  readonly call_id: string;
  readonly action?: { readonly type: string; readonly [field: string]: unknown } | undefined;
  readonly actions?: readonly { readonly type: string; readonly [field: string]: unknown }[] | undefined;
  readonly pending_safety_checks: readonly SafetyCheck[];
  readonly status: ItemStatus;
}
export interface ComputerCallOutputItem {
  readonly type: "computer_call_output";
  readonly id?: string | null | undefined;
  readonly call_id: string;
  readonly output: {
    readonly type: "computer_screenshot";
    readonly file_id?: string | undefined;
    readonly image_url?: string | undefined;
  };
  readonly acknowledged_safety_checks?: readonly SafetyCheck[] | null | undefined;
  readonly status?: ItemStatus | null | undefined;
}

export interface LocalShellCallOutputItem {
  readonly type: "local_shell_call_output";
  readonly id: string;
  readonly output: string;
  readonly status?: ItemStatus | null | undefined;
}
export interface ShellCallItem {
  readonly type: "shell_call";
  readonly id?: string | null | undefined;
  readonly call_id: string;
  readonly action: {
    readonly commands: readonly string[];
    readonly max_output_length?: number | null | undefined;
    readonly timeout_ms?: number | null | undefined;
  };
  readonly environment?: { readonly type: string; readonly [field: string]: unknown } | null | undefined;
  readonly status?: ItemStatus | null | undefined;
  readonly caller?: Caller | null | undefined;
}
export interface ShellCallOutputItem {
  readonly type: "shell_call_output";
  readonly id?: string | null | undefined;
  readonly call_id: string;
  readonly output: readonly {
    readonly stdout: string;
    readonly stderr: string;
    readonly outcome: { readonly type: "timeout" } | { readonly type: "exit"; readonly exit_code: number } | Unlisted;
  }[];
  readonly max_output_length?: number | null | undefined;
  readonly status?: ItemStatus | null | undefined;
  readonly caller?: Caller | null | undefined;
}

export interface ApplyPatchCallItem {
  readonly type: "apply_patch_call";
  readonly id?: string | null | undefined;
  readonly call_id: string;
  readonly operation:
    | { readonly type: "create_file" | "update_file"; readonly path: string; readonly diff: string }
    | { readonly type: "delete_file"; readonly path: string }
    | Unlisted;
  readonly status: OpenString<"in_progress" | "completed">;
  readonly caller?: Caller | null | undefined;
}
export interface ApplyPatchCallOutputItem {
  readonly type: "apply_patch_call_output";
  readonly id?: string | null | undefined;
  readonly call_id: string;
  readonly status: OpenString<"completed" | "failed">;
  readonly output?: string | null | undefined;
  readonly caller?: Caller | null | undefined;
}

export interface McpListToolsItem {
  readonly type: "mcp_list_tools";
  readonly id: string;
  readonly server_label: string;
  readonly tools: readonly unknown[];
  readonly error?: unknown;
}
export interface McpApprovalRequestItem {
  readonly type: "mcp_approval_request";
  readonly id: string;
  readonly server_label: string;
  readonly name: string;
  /** JSON text. */
  readonly arguments: string;
}
export interface McpApprovalResponseItem {
  readonly type: "mcp_approval_response";
  readonly id?: string | null | undefined;
  readonly approval_request_id: string;
  readonly approve: boolean;
  readonly reason?: string | null | undefined;
}
export interface McpCallItem {
  readonly type: "mcp_call";
  readonly id: string;
  readonly server_label: string;
  readonly name: string;
  /** JSON text. */
  readonly arguments: string;
  readonly approval_request_id?: string | null | undefined;
  readonly output?: string | null | undefined;
  readonly error?: unknown;
  readonly status?: OpenString<"in_progress" | "completed" | "incomplete" | "calling" | "failed"> | undefined;
}

/** A program that the model wrote to call tools. */
export interface ProgramItem {
  readonly type: "program";
  readonly id: string;
  readonly call_id: string;
  readonly code: string;
  readonly fingerprint: string;
}
export interface ProgramOutputItem {
  readonly type: "program_output";
  readonly id: string;
  readonly call_id: string;
  readonly result: string;
  readonly status: OpenString<"completed" | "incomplete">;
}

/** Refers to an item that the service has stored. */
export interface ItemReference {
  readonly type: "item_reference";
  readonly id: string;
}
/** Changes settings from this point of the conversation on. */
export interface ConfigurationUpdateItem {
  readonly type: "configuration_update";
  readonly id?: string | null | undefined;
  readonly reasoning?: { readonly effort?: ReasoningEffort | null | undefined } | undefined;
  readonly text?: { readonly format: TextFormat } | undefined;
}

export type HostedItem =
  | FileSearchCallItem
  | CodeInterpreterCallItem
  | ComputerCallItem
  | ComputerCallOutputItem
  | LocalShellCallOutputItem
  | ShellCallItem
  | ShellCallOutputItem
  | ApplyPatchCallItem
  | ApplyPatchCallOutputItem
  | McpListToolsItem
  | McpApprovalRequestItem
  | McpApprovalResponseItem
  | McpCallItem
  | ProgramItem
  | ProgramOutputItem
  | ItemReference
  | ConfigurationUpdateItem;
