import type { Fields } from "../fields.ts";

/** A source that an answer cites. */
export interface Citation {
  readonly url: string;
  readonly title: string;
}

/** A call of one of the client's tools, before it has ids. */
export type ToolCall =
  | { readonly type: "function_call"; readonly name: string; readonly namespace?: string; readonly arguments: string }
  | { readonly type: "custom_tool_call"; readonly name: string; readonly namespace?: string; readonly input: string };

/** What the service does by itself when a hosted tool is available, before it has ids. */
export type HostedCall =
  | { readonly type: "web_search_call"; readonly query: string; readonly sources: readonly Citation[] }
  | { readonly type: "file_search_call"; readonly query: string; readonly storeIds: readonly string[] }
  | { readonly type: "image_generation_call"; readonly prompt: string; readonly partialImages: number }
  | { readonly type: "code_interpreter_call"; readonly code: string; readonly logs: string }
  | { readonly type: "mcp_list_tools"; readonly serverLabel: string; readonly tools: readonly Fields[] }
  | {
      readonly type: "mcp_approval_request";
      readonly serverLabel: string;
      readonly name: string;
      readonly arguments: string;
    }
  | {
      readonly type: "mcp_call";
      readonly serverLabel: string;
      readonly name: string;
      readonly arguments: string;
      readonly output: string;
      readonly approvalRequestId?: string;
    };

/** An output item before it has an id. */
export type Draft =
  | { readonly type: "reasoning"; readonly summary: readonly string[]; readonly tokens: number }
  | {
      readonly type: "message";
      readonly text: string;
      /** Cited one after the other at the end of the text. */
      readonly citations?: readonly Citation[];
      readonly phase?: string;
    }
  | { readonly type: "refusal"; readonly refusal: string }
  | { readonly type: "compaction"; readonly encryptedContent: string }
  /** Any other item, sent whole; its own `id` is kept. */
  | { readonly type: "item"; readonly item: Fields }
  | ToolCall
  | HostedCall;
