import type { LanguageModelV4ToolResultOutput, LanguageModelV4ToolResultPart, SharedV4Warning } from "@ai-sdk/provider";
import type { JsonObject, ResponseItem, ToolOutput, ToolOutputItem } from "../../../index.ts";
import { asItem, PROVIDER, without } from "../carried.ts";
import { snakeKeys } from "../key-case.ts";
import type { PromptContext } from "./context.ts";
import { inputOfFile } from "./files.ts";
import { cacheBreakpoint } from "./openai-placement.ts";

/** The output of a call that the program has run. A call run by the service has none: a denial is part of the approval's answer. */
export function outputItem(part: LanguageModelV4ToolResultPart, { calls, warnings }: PromptContext): ResponseItem[] {
  const { toolCallId: call_id, output } = part;
  const type = calls.has(call_id) ? calls.get(call_id) : "function_call";
  if (type === undefined) return [];
  const structured = output.type === "json" ? (output.value as JsonObject) : undefined;
  switch (type) {
    case "custom_tool_call":
      return [{ type: "custom_tool_call_output", call_id, output: toolOutput(part, warnings) }];
    case "tool_search_call":
      return [
        asItem({
          type: "tool_search_output",
          call_id,
          status: "completed",
          execution: "client",
          tools: structured?.tools ?? [],
        }),
      ];
    case "shell_call":
    case "apply_patch_call":
    case "computer_call":
    case "local_shell_call":
      return [
        asItem({
          type: `${type}_output`,
          call_id,
          ...(structured ? (snakeKeys(structured) as JsonObject) : failed(type, output)),
        }),
      ];
    default:
      return [
        {
          type: "function_call_output",
          call_id,
          output: toolOutput(part, warnings),
          ...ownFields(part),
        },
      ];
  }
}

/** Wire fields that the program set. The SDK also gives a result the data stored with its call. */
function ownFields({ providerOptions }: LanguageModelV4ToolResultPart): JsonObject {
  return without(providerOptions?.[PROVIDER] ?? {}, "item", "field", "part", "arguments");
}

/** The output of these tools when the program could not run them. */
function failed(type: string, output: LanguageModelV4ToolResultOutput): JsonObject {
  const told = plainText(output);
  if (type === "apply_patch_call") return { status: "failed", output: told };
  if (type === "shell_call") return { output: [{ stdout: "", stderr: told, outcome: { type: "exit", exit_code: 1 } }] };
  return { output: told };
}

function toolOutput(
  { output, providerOptions }: LanguageModelV4ToolResultPart,
  warnings: SharedV4Warning[],
): ToolOutput {
  if (output.type !== "content") {
    const breakpoint = { ...cacheBreakpoint(providerOptions), ...cacheBreakpoint(output.providerOptions) };
    const text = plainText(output);
    return Object.keys(breakpoint).length > 0 ? [{ type: "input_text", text, ...breakpoint }] : text;
  }
  return output.value.flatMap((part): ToolOutputItem[] => {
    if (part.type === "text")
      return [{ type: "input_text", text: part.text, ...cacheBreakpoint(part.providerOptions) }];
    const file = part.type === "file" ? inputOfFile(part) : undefined;
    if (!file) warnings.push({ type: "other", message: `a part of type ${part.type} of a tool's output was not sent` });
    return file ? [file] : [];
  });
}

function plainText(output: LanguageModelV4ToolResultOutput): string {
  switch (output.type) {
    case "text":
      return output.value;
    case "json":
      return JSON.stringify(output.value);
    case "error-text":
    case "error-json":
      return JSON.stringify({ error: output.value });
    case "execution-denied":
      return output.reason ?? "Tool call execution denied.";
    case "content":
      return output.value.map((part) => (part.type === "text" ? part.text : "")).join("");
  }
}
