/**
 * Items in the wire format, in an answer's output and in a request's input. Only types.
 *
 * The types list what the service documents; further fields of an item are kept. Kinds that are not listed here are {@link Unlisted}, so
 * `item.type === "message"` still narrows, and `default:` in a `switch` handles new kinds. To build an item of an unlisted kind, use
 * `unlisted`; to accept one from untyped JSON, `decodeItem`.
 */
import type { HostedItem } from "./hosted-items.ts";

// A unit type that equals no literal: with `type: string` in the union, TypeScript could not narrow it.
declare enum OutsideThisList {
  type = "",
}

/** The `type` of an unlisted kind: any string, at run time. To compare it with a name, assign it to a `string` first. */
export type UnlistedType = OutsideThisList;

/** An item, content part or action of a kind that this package does not know, as received. */
export interface Unlisted {
  readonly type: UnlistedType;
  readonly [field: string]: unknown;
}

/** Known names are completed in editors; any other string is allowed. */
export type OpenString<Known extends string> = Known | (string & {});

export type Role = OpenString<"user" | "assistant" | "developer" | "system">;
export type MessagePhase = OpenString<"commentary" | "final_answer">;
export type ItemStatus = OpenString<"completed" | "in_progress" | "incomplete">;
export type ImageDetail = OpenString<"auto" | "low" | "high" | "original">;

/** Marks where the shared beginning of a prompt may be cached. */
export interface PromptCacheBreakpoint {
  readonly mode: OpenString<"explicit">;
  readonly ttl?: OpenString<"30m" | "12h"> | undefined;
}

export interface InputText {
  readonly type: "input_text";
  readonly text: string;
  readonly prompt_cache_breakpoint?: PromptCacheBreakpoint | null | undefined;
}
export interface InputImage {
  readonly type: "input_image";
  /** A URL, or the image itself as a `data:` URL; or use a file's id instead. */
  readonly image_url?: string | null | undefined;
  readonly file_id?: string | null | undefined;
  readonly detail?: ImageDetail | null | undefined;
  readonly prompt_cache_breakpoint?: PromptCacheBreakpoint | null | undefined;
}
export interface InputFile {
  readonly type: "input_file";
  readonly file_id?: string | null | undefined;
  readonly file_url?: string | null | undefined;
  /** The file itself as a `data:` URL. */
  readonly file_data?: string | null | undefined;
  readonly filename?: string | null | undefined;
  readonly detail?: OpenString<"auto" | "low" | "high"> | null | undefined;
  readonly prompt_cache_breakpoint?: PromptCacheBreakpoint | null | undefined;
}
export interface OutputText {
  readonly type: "output_text";
  readonly text: string;
  readonly annotations?: readonly unknown[] | undefined;
  readonly logprobs?: readonly unknown[] | undefined;
}
export interface Refusal {
  readonly type: "refusal";
  readonly refusal: string;
}
/** One part of a message. */
export type ContentItem = InputText | InputImage | InputFile | OutputText | Refusal | Unlisted;
/** One part of a tool's output. */
export type ToolOutputItem = InputText | InputImage | InputFile | Unlisted;
/** The output of a tool: a text, or parts if it has images. */
export type ToolOutput = string | readonly ToolOutputItem[];

/** Who made a call: the model, or a program that it wrote. Must be sent with the output. */
export type Caller = { readonly type: "direct" } | { readonly type: "program"; readonly caller_id: string } | Unlisted;

export interface MessageItem {
  readonly type: "message";
  readonly id?: string | null | undefined;
  readonly role: Role;
  readonly content: readonly ContentItem[];
  readonly end_turn?: boolean | null | undefined;
  readonly phase?: MessagePhase | null | undefined;
  readonly status?: ItemStatus | undefined;
}

export interface SummaryText {
  readonly type: "summary_text";
  readonly text: string;
}
export interface ReasoningText {
  readonly type: "reasoning_text";
  readonly text: string;
}
export interface PlainReasoningText {
  readonly type: "text";
  readonly text: string;
}
export interface ReasoningItem {
  readonly type: "reasoning";
  readonly id?: string | undefined;
  readonly summary: readonly (SummaryText | Unlisted)[];
  readonly content?: readonly (ReasoningText | PlainReasoningText | Unlisted)[] | null | undefined;
  readonly encrypted_content?: string | null | undefined;
  readonly status?: ItemStatus | undefined;
}

export interface ShellExec {
  readonly type: "exec";
  readonly command: readonly string[];
  readonly timeout_ms?: number | null | undefined;
  readonly working_directory?: string | null | undefined;
  readonly env?: Readonly<Record<string, string>> | null | undefined;
  readonly user?: string | null | undefined;
}
export interface LocalShellCallItem {
  readonly type: "local_shell_call";
  readonly id?: string | null | undefined;
  readonly call_id?: string | null | undefined;
  readonly status: ItemStatus;
  readonly action: ShellExec | Unlisted;
}

export interface FunctionCallItem {
  readonly type: "function_call";
  readonly id?: string | null | undefined;
  readonly name: string;
  readonly namespace?: string | null | undefined;
  /** JSON text, as the model wrote it; it may not be valid JSON. */
  readonly arguments: string;
  readonly call_id: string;
  readonly status?: ItemStatus | undefined;
  /** True if its output may come in a later request than the next. */
  readonly async?: boolean | undefined;
  readonly caller?: Caller | null | undefined;
}
export interface FunctionCallOutputItem {
  readonly type: "function_call_output";
  readonly id?: string | null | undefined;
  readonly call_id: string;
  readonly output: ToolOutput;
  readonly name?: string | null | undefined;
  readonly namespace?: string | null | undefined;
  readonly status?: ItemStatus | null | undefined;
  readonly caller?: Caller | null | undefined;
}

export interface CustomToolCallItem {
  readonly type: "custom_tool_call";
  readonly id?: string | null | undefined;
  readonly status?: ItemStatus | null | undefined;
  readonly call_id: string;
  readonly name: string;
  readonly namespace?: string | null | undefined;
  readonly input: string;
  readonly async?: boolean | undefined;
  readonly caller?: Caller | null | undefined;
}
export interface CustomToolCallOutputItem {
  readonly type: "custom_tool_call_output";
  readonly id?: string | null | undefined;
  readonly call_id: string;
  readonly name?: string | null | undefined;
  readonly output: ToolOutput;
  readonly caller?: Caller | null | undefined;
}

export interface ToolSearchCallItem {
  readonly type: "tool_search_call";
  readonly id?: string | null | undefined;
  readonly call_id?: string | null | undefined;
  readonly status?: ItemStatus | null | undefined;
  readonly execution: OpenString<"server" | "client">;
  /** Any JSON, including `null`. */
  readonly arguments: unknown;
}
export interface ToolSearchOutputItem {
  readonly type: "tool_search_output";
  readonly id?: string | null | undefined;
  readonly call_id?: string | null | undefined;
  readonly status: ItemStatus;
  readonly execution: OpenString<"server" | "client">;
  readonly tools: readonly unknown[];
}

export interface WebSearch {
  readonly type: "search";
  readonly query?: string | null | undefined;
  readonly queries?: readonly string[] | null | undefined;
  readonly sources?: readonly unknown[] | null | undefined;
}
export interface WebOpenPage {
  readonly type: "open_page";
  readonly url?: string | null | undefined;
}
export interface WebFindInPage {
  readonly type: "find_in_page";
  readonly url?: string | null | undefined;
  readonly pattern?: string | null | undefined;
}
export interface WebSearchCallItem {
  readonly type: "web_search_call";
  readonly id?: string | null | undefined;
  readonly status?: ItemStatus | null | undefined;
  readonly action?: WebSearch | WebOpenPage | WebFindInPage | Unlisted | null | undefined;
}

export interface ImageGenerationCallItem {
  readonly type: "image_generation_call";
  /** The only id that is sent back. */
  readonly id: string;
  readonly status: OpenString<"completed" | "in_progress" | "generating" | "failed">;
  readonly revised_prompt?: string | null | undefined;
  /** The image in base64. Absent in `output_item.added`. */
  readonly result: string;
}

/** A local note of the Rust client about the working tree; never sent. */
export interface GhostSnapshotItem {
  readonly type: "ghost_snapshot";
  readonly ghost_commit: {
    readonly id: string;
    readonly parent?: string | null | undefined;
    readonly preexisting_untracked_files: readonly string[];
    readonly preexisting_untracked_dirs: readonly string[];
  };
}

/** History that the service compacted. `compaction_summary` is read as the same. */
export interface CompactionItem {
  readonly type: "compaction";
  readonly id?: string | null | undefined;
  readonly encrypted_content: string;
}
/** As the last input item, it requests compaction instead of an answer. Newer than the Rust client of March 2026. */
export interface CompactionTriggerItem {
  readonly type: "compaction_trigger";
  readonly id?: string | null | undefined;
}
/** Newer than the Rust client of March 2026. */
export interface ContextCompactionItem {
  readonly type: "context_compaction";
  readonly id?: string | null | undefined;
  readonly encrypted_content?: string | null | undefined;
}
/** A message from one agent to another. Newer than the Rust client of March 2026. */
export interface AgentMessageItem {
  readonly type: "agent_message";
  readonly id?: string | null | undefined;
  readonly author: string;
  readonly recipient: string;
  readonly content: readonly unknown[];
}
/** Tools that are added in the middle of a conversation. Newer than the Rust client of March 2026. */
export interface AdditionalToolsItem {
  readonly type: "additional_tools";
  readonly id?: string | null | undefined;
  readonly role: Role;
  readonly tools: readonly unknown[];
}
/** What the Rust client keeps of an item that it does not know. */
export interface OtherItem {
  readonly type: "other";
}

/** A message in short form; it is sent as a {@link MessageItem}, a text as one part. */
export interface ShortMessage {
  readonly type?: "message" | undefined;
  readonly role: Role;
  readonly content: string | readonly ContentItem[];
  readonly phase?: MessagePhase | null | undefined;
}

/** One item of a conversation: a part of a model's output or of a request's input. */
export type ResponseItem =
  | MessageItem
  | ReasoningItem
  | LocalShellCallItem
  | FunctionCallItem
  | FunctionCallOutputItem
  | CustomToolCallItem
  | CustomToolCallOutputItem
  | ToolSearchCallItem
  | ToolSearchOutputItem
  | WebSearchCallItem
  | ImageGenerationCallItem
  | GhostSnapshotItem
  | CompactionItem
  | CompactionTriggerItem
  | ContextCompactionItem
  | AgentMessageItem
  | AdditionalToolsItem
  | OtherItem
  | HostedItem
  | Unlisted;
