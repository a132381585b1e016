import type { LanguageModelV4Content, LanguageModelV4Text } from "@ai-sdk/provider";
import type { JsonObject, MessageItem, ReasoningItem, ResponseItem } from "../../index.ts";
import { type Carried, metadata, PROVIDER, without } from "./carried.ts";
import { citationsOf, sourcesOf } from "./citations.ts";
import { hostedParts, jsonOf } from "./hosted.ts";
import { camelKeys } from "./key-case.ts";
import type { CallTools } from "./tools/of-call.ts";

/** The SDK's parts for a finished item, in order. @param hasSearched - A web search of this answer has reported its sources. */
export function partsOf(item: ResponseItem, tools: CallTools, hasSearched: boolean): LanguageModelV4Content[] {
  switch (item.type) {
    case "message":
      return [...textParts(item), ...sourcesOf(item, hasSearched)];
    case "reasoning":
      return reasoningParts(item);
    default:
      return callParts(item, tools) ?? hostedParts(item, tools) ?? [unlistedPart(item)];
  }
}

type Piece = JsonObject & { readonly type: string };

/** The texts of a message, including refusals. */
export function textParts(item: MessageItem): LanguageModelV4Text[] {
  const rest = without(item, "content");
  const pieces = item.content as readonly Piece[];
  return pieces.map((piece) => {
    const citations = citationsOf(piece, item.id ?? "");
    return {
      type: "text",
      text: String(piece.text ?? piece.refusal ?? ""),
      ...(citations.length > 0 ? { citations } : {}),
      providerMetadata: metadata({ item: rest, field: "content", part: without(piece, "text", "refusal") }),
    };
  });
}

export interface ReasoningPart {
  readonly type: "reasoning";
  readonly text: string;
  readonly providerMetadata: ReturnType<typeof metadata>;
}

/** Summaries, then the reasoning itself; one empty part if there is neither, because it carries the data for the next request. */
export function reasoningParts(item: ReasoningItem): ReasoningPart[] {
  const rest = without(item, "summary", "content");
  const summary = (item.summary ?? []) as readonly Piece[];
  const content = (item.content ?? []) as readonly Piece[];
  const pieces = [
    ...summary.map((piece) => ({ field: "summary" as const, piece })),
    ...content.map((piece) => ({ field: "content" as const, piece })),
  ];
  if (pieces.length === 0) return [{ type: "reasoning", text: "", providerMetadata: metadata({ item: rest }) }];
  return pieces.map(({ field, piece }, index) => ({
    type: "reasoning",
    text: String(piece.text ?? ""),
    // The encrypted content can be long, so it is stored once.
    providerMetadata: metadata({
      item: index === pieces.length - 1 ? rest : { type: "reasoning", id: item.id },
      field,
      part: without(piece, "text"),
    }),
  }));
}

/** Calls that the program runs, and calls whose result is an item of its own. */
function callParts(item: ResponseItem, tools: CallTools): LanguageModelV4Content[] | undefined {
  const source = item as unknown as JsonObject;
  const call = (name: string, input: string, carried: Carried, providerExecuted = false): LanguageModelV4Content[] => [
    {
      type: "tool-call",
      toolCallId: String(source.call_id ?? source.id),
      toolName: name,
      input,
      ...(providerExecuted ? { providerExecuted } : {}),
      providerMetadata: metadata(carried),
    },
  ];
  const result = (type: string, value: unknown): LanguageModelV4Content[] => [
    {
      type: "tool-result",
      toolCallId: String(source.call_id ?? source.id),
      toolName: tools.nameOf(type),
      result: jsonOf(value),
      providerMetadata: metadata({ item: source }),
    },
  ];
  switch (item.type) {
    case "function_call": {
      const carried = { item: without(item, "name", "arguments", "call_id") };
      const asWritten = item.arguments === rewritten(item.arguments) ? {} : { arguments: item.arguments };
      return call(item.name, item.arguments, { ...carried, ...asWritten });
    }
    case "custom_tool_call":
      return call(item.name, JSON.stringify(item.input), { item: without(item, "name", "input", "call_id") });
    case "local_shell_call":
      return call(tools.nameOf("local_shell"), inputOf({ action: camelKeys(item.action) }), { item: source });
    case "shell_call":
      return call(
        tools.nameOf("shell"),
        inputOf({ action: camelKeys(item.action) }),
        { item: source },
        tools.isShellHosted,
      );
    case "shell_call_output":
      return result("shell", camelKeys(without(item, "type", "id", "call_id", "status", "created_by")));
    case "apply_patch_call":
      return call(tools.nameOf("apply_patch"), inputOf({ callId: item.call_id, operation: item.operation }), {
        item: source,
      });
    case "computer_call": {
      const actions = item.actions ?? (item.action ? [item.action] : []);
      const input = {
        actions: camelKeys(actions),
        pendingSafetyChecks: item.pending_safety_checks ?? [],
        status: item.status,
      };
      return call(tools.nameOf("computer"), inputOf(input), { item: source });
    }
    case "tool_search_call": {
      const input = JSON.stringify({ arguments: item.arguments, call_id: item.call_id ?? null });
      return call(tools.nameOf("tool_search"), input, { item: source }, item.execution === "server");
    }
    case "tool_search_output":
      return result("tool_search", { tools: item.tools });
    case "program": {
      const input = JSON.stringify({ code: item.code, fingerprint: item.fingerprint });
      return call(tools.nameOf("programmatic_tool_calling"), input, { item: source }, true);
    }
    case "program_output":
      return result("programmatic_tool_calling", { result: item.result, status: item.status });
    case "mcp_approval_request":
      return [
        {
          type: "tool-call",
          toolCallId: item.id,
          toolName: `mcp.${item.name}`,
          input: item.arguments,
          providerExecuted: true,
          dynamic: true,
          providerMetadata: metadata({ item: source }),
        },
        { type: "tool-approval-request", approvalId: item.id, toolCallId: item.id },
      ];
    default:
      return undefined;
  }
}

/** An item that the SDK has no part for is sent back unchanged: a compaction, a list of an MCP server's tools, new kinds. */
function unlistedPart(item: ResponseItem): LanguageModelV4Content {
  const type: string = item.type;
  return {
    type: "custom",
    kind: `${PROVIDER}.${type}`,
    providerMetadata: metadata({ item: item as unknown as JsonObject }),
  };
}

/** The SDK's schemas want a member left out where the service writes null. */
function inputOf(value: JsonObject): string {
  return JSON.stringify(value, (_name, member) => member ?? undefined);
}

function rewritten(json: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(json));
  } catch {
    return undefined;
  }
}
