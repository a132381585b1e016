import { type Fields, fieldsIn, isFields, listIn, stringIn } from "../fields.ts";
import { findCalculation } from "./arithmetic.ts";
import { quotedIn, type ValueSource, valueFor } from "./schema-values.ts";

export type ToolCall =
  | { readonly type: "function_call"; readonly name: string; readonly namespace?: string; readonly arguments: string }
  | { readonly type: "custom_tool_call"; readonly name: string; readonly input: string };

interface Tool {
  readonly kind: "function" | "custom";
  readonly name: string;
  readonly namespace?: string;
  readonly parameters: Fields;
}

const SHELL = /^(?:local_)?shell|^exec|^bash$|^container\.exec$|terminal/;
const CALCULATOR = /calc|arith|math/;
/** Words of a tool's name that say nothing about when it is wanted. */
const FILLER = new Set(["get", "set", "the", "a", "of", "to", "for", "do", "call", "tool", "fetch", "current", "my"]);

/**
 * Decides whether the prompt calls for one of the tools: it is forced by `tool_choice`, named, or every telling word of its
 * name is in the prompt; `run …` calls a shell, a calculation a calculator.
 */
export function chooseToolCall(body: Fields, source: ValueSource): ToolCall | undefined {
  const choice = body.tool_choice;
  if (choice === "none") return undefined;
  const tools = listIn(body, "tools").flatMap((tool) => callable(tool));
  const forced = isFields(choice) ? stringIn(choice, "name") : undefined;
  const tool =
    tools.find((candidate) => candidate.name === forced) ??
    tools.find((candidate) => isWanted(candidate, source.prompt)) ??
    (choice === "required" ? tools[0] : undefined);
  return tool && callOf(tool, source);
}

function callable(tool: Fields, namespace?: string): readonly Tool[] {
  const kind = stringIn(tool, "type");
  const name = stringIn(tool, "name");
  if (kind === "namespace") return listIn(tool, "tools").flatMap((inner) => callable(inner, name));
  if ((kind !== "function" && kind !== "custom") || name === undefined) return [];
  return [
    { kind, name, parameters: fieldsIn(tool, "parameters") ?? {}, ...(namespace !== undefined && { namespace }) },
  ];
}

function isWanted({ name }: Tool, prompt: string): boolean {
  if (prompt.toLowerCase().includes(name.toLowerCase()) && name.length > 3) return true;
  if (SHELL.test(name)) return /\b(?:run|execute)\b.*(?:`|\b(?:command|shell)\b)|^\s*(?:run|execute)\s/is.test(prompt);
  if (CALCULATOR.test(name) && findCalculation(prompt)) return true;
  const telling = name.split(/[^\p{L}\p{N}]+|(?<=\p{Ll})(?=\p{Lu})/u).map((word) => word.toLowerCase());
  const needed = telling.filter((word) => word !== "" && !FILLER.has(word));
  const said = new Set((prompt.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).map(singular));
  return needed.length > 0 && needed.every((word) => said.has(singular(word)));
}

function singular(word: string): string {
  return word.length > 3 && word.endsWith("s") ? word.slice(0, -1) : word;
}

function callOf(tool: Tool, source: ValueSource): ToolCall {
  if (tool.kind === "custom")
    return { type: "custom_tool_call", name: tool.name, input: customInput(tool.name, source) };
  const namespace = tool.namespace === undefined ? {} : { namespace: tool.namespace };
  const given = JSON.stringify(valueFor({ type: "object", ...tool.parameters }, source));
  return { type: "function_call", name: tool.name, ...namespace, arguments: given };
}

function customInput(name: string, { prompt }: ValueSource): string {
  if (name !== "apply_patch") return quotedIn(prompt) ?? prompt.trim();
  const text = quotedIn(prompt) ?? "Hello from the emulator.";
  return ["*** Begin Patch", "*** Add File: hello.txt", `+${text.replaceAll("\n", "\n+")}`, "*** End Patch", ""].join(
    "\n",
  );
}
