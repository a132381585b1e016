import { type Fields, fieldsIn, isFields, listIn, stringIn } from "../fields.ts";
import { findCalculation } from "./arithmetic.ts";
import type { Draft, ToolCall } from "./draft.ts";
import { commandIn, quotedIn, type ValueSource, valueFor } from "./schema-values.ts";

/** Tools that the service knows and the client runs; they have no name of their own. */
const KNOWN = ["shell", "local_shell", "apply_patch"] as const;
type KnownKind = (typeof KNOWN)[number];

/** A tool of the client's, wherever the request declared it. */
interface Tool {
  readonly kind: "function" | "custom" | KnownKind;
  readonly name: string;
  readonly namespace?: string;
  readonly description: string;
  readonly parameters: Fields;
}

const SHELL = /^(?:local_)?shell|^exec|^bash$|^container\.exec$|terminal/;
const CALCULATOR = /calc|arith|math/;
/** Words in a tool's name that do not say when it is needed. */
const FILLER = new Set(["get", "set", "the", "a", "of", "to", "for", "do", "call", "tool", "fetch", "current", "my"]);
const MOST_CALLS = 8;

/** Every tool that a request declares: in `tools`, in `additional_tools` items and in what a tool search found. */
export function declaredTools(body: Fields, conversation: readonly Fields[]): readonly Fields[] {
  const inItems = conversation.filter(({ type }) => type === "additional_tools" || type === "tool_search_output");
  return [...listIn(body, "tools"), ...inItems.flatMap((item) => listIn(item, "tools"))];
}

/** The name of a declared tool, and those of the tools in a namespace. */
export function toolNames(tool: Fields): readonly string[] {
  const name = stringIn(tool, "name");
  return [...(name === undefined ? [] : [name]), ...listIn(tool, "tools").flatMap(toolNames)];
}

/** Whether the called tool was declared with `async`, so that its output may come in a later request than the next. */
export function isAsync(declared: readonly Fields[], { name, namespace }: ToolCall): boolean {
  const tools =
    namespace === undefined
      ? declared
      : declared.filter((tool) => stringIn(tool, "name") === namespace).flatMap((tool) => listIn(tool, "tools"));
  return tools.some((tool) => stringIn(tool, "name") === name && tool.async === true);
}

/**
 * Decides which of the client's tools the prompt calls for: those that `tool_choice` forces, that are named, or whose name's significant
 * words are all in the prompt; `run …` calls a shell, a calculation a calculator. Several at once unless `parallel_tool_calls` is false;
 * one tool is called once for each place that the prompt names.
 */
export function chooseToolCalls(body: Fields, declared: readonly Fields[], source: ValueSource): readonly Draft[] {
  const choice = body.tool_choice;
  if (choice === "none") return [];
  const allowed = allowedBy(choice);
  const tools = declared.flatMap((tool) => callable(tool)).filter((tool) => allowed.allows(tool));
  const wanted = allowed.forcesOne
    ? tools.slice(0, 1)
    : oneOfAKind(tools.filter((tool) => isWanted(tool, source.prompt)));
  const [first] = tools;
  const chosen = wanted.length === 0 && allowed.isRequired && first ? [first] : wanted;
  const calls = chosen.flatMap((tool) => callsOf(tool, source));
  return body.parallel_tool_calls === false || allowed.forcesOne ? calls.slice(0, 1) : calls.slice(0, MOST_CALLS);
}

interface Allowance {
  readonly isRequired: boolean;
  readonly forcesOne: boolean;
  allows(tool: Tool): boolean;
}

function allowedBy(choice: unknown): Allowance {
  if (!isFields(choice)) return { isRequired: choice === "required", forcesOne: false, allows: () => true };
  if (choice.type === "allowed_tools") {
    const names = new Set(listIn(choice, "tools").map((tool) => stringIn(tool, "name") ?? stringIn(tool, "type")));
    return { isRequired: choice.mode === "required", forcesOne: false, allows: (tool) => names.has(tool.name) };
  }
  const known = knownKind(choice);
  if (known !== undefined) return { isRequired: true, forcesOne: true, allows: (tool) => tool.kind === known };
  const name = stringIn(choice, "name");
  const isClients = choice.type === "function" || choice.type === "custom";
  return { isRequired: isClients, forcesOne: isClients, allows: (tool) => isClients && tool.name === name };
}

function callable(tool: Fields, namespace?: string): readonly Tool[] {
  const kind = stringIn(tool, "type");
  const name = stringIn(tool, "name");
  if (kind === "namespace") return listIn(tool, "tools").flatMap((inner) => callable(inner, name));
  const known = knownKind(tool);
  if (known !== undefined) return isHosted(tool) ? [] : [{ kind: known, name: known, description: "", parameters: {} }];
  if ((kind !== "function" && kind !== "custom") || name === undefined) return [];
  return [
    {
      kind,
      name,
      description: stringIn(tool, "description") ?? "",
      parameters: fieldsIn(tool, "parameters") ?? {},
      ...(namespace !== undefined && { namespace }),
    },
  ];
}

function knownKind({ type }: Fields): KnownKind | undefined {
  return KNOWN.find((kind) => kind === type);
}

/** True of a shell that the service runs itself. */
function isHosted(tool: Fields): boolean {
  return (fieldsIn(tool, "environment")?.type ?? "local") !== "local";
}

/** Of several shells or calculators, only one is called. */
function oneOfAKind(tools: readonly Tool[]): readonly Tool[] {
  const kindOf = ({ name }: Tool) => (SHELL.test(name) ? "shell" : CALCULATOR.test(name) ? "calculator" : name);
  return tools.filter((tool, index) => tools.findIndex((other) => kindOf(other) === kindOf(tool)) === index);
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

function callsOf(tool: Tool, source: ValueSource): readonly Draft[] {
  if (tool.kind !== "function" && tool.kind !== "custom")
    return [{ type: "item", item: { type: `${tool.kind}_call`, status: "completed", ...actionOf(tool.kind, source) } }];
  const namespace = tool.namespace === undefined ? {} : { namespace: tool.namespace };
  if (tool.kind === "custom") {
    return [{ type: "custom_tool_call", name: tool.name, ...namespace, input: customInput(tool, source) }];
  }
  const given = new Set(
    placeTurns(source).map((turn) => JSON.stringify(valueFor({ type: "object", ...tool.parameters }, turn))),
  );
  return [...given].map((text) => ({ type: "function_call", name: tool.name, ...namespace, arguments: text }));
}

function actionOf(kind: KnownKind, { prompt }: ValueSource): Fields {
  switch (kind) {
    case "shell": {
      const action = { commands: [commandIn(prompt)], max_output_length: null, timeout_ms: null };
      return { action, environment: { type: "local" } };
    }
    case "local_shell":
      return { action: { type: "exec", command: ["bash", "-lc", commandIn(prompt)], env: {} } };
    case "apply_patch":
      return { operation: { type: "create_file", path: PATCHED_FILE, diff: `${addedLines(prompt)}\n` } };
  }
}

/** “… in Paris and London” means two calls if the tool has a parameter for a place; the same arguments twice are one call. */
function placeTurns(source: ValueSource): readonly ValueSource[] {
  const place = String.raw`\p{Lu}[\p{L}.'-]*(?: \p{Lu}[\p{L}.'-]*)*`;
  const list = new RegExp(`\\b(in|at|for|of)\\s+(${place}(?:,\\s*${place})*,?\\s+and\\s+${place})`, "u").exec(
    source.prompt,
  );
  if (!list) return [source];
  const [all, word = "in", places = ""] = list;
  return places
    .split(/,?\s+and\s+|,\s*/)
    .map((name) => ({ ...source, prompt: source.prompt.replace(all, `${word} ${name}`) }));
}

function customInput({ name, description }: Tool, source: ValueSource): string {
  const { prompt } = source;
  if (name === "apply_patch") return patchFor(prompt);
  if (/javascript/i.test(description)) return javascriptFor(description, source);
  return quotedIn(prompt) ?? prompt.trim();
}

const PATCHED_FILE = "hello.txt";

function patchFor(prompt: string): string {
  return ["*** Begin Patch", `*** Add File: ${PATCHED_FILE}`, addedLines(prompt), "*** End Patch", ""].join("\n");
}

function addedLines(prompt: string): string {
  const text = quotedIn(prompt) ?? "Hello from the emulator.";
  return `+${text.replaceAll("\n", "\n+")}`;
}

// A tool that runs programs has the other tools as functions; its description names them, a shell among them.
const NESTED_SHELL = /\b(exec_command|shell_command|shell|container_exec)\b/;

function javascriptFor(description: string, { prompt }: ValueSource): string {
  const command = quotedIn(prompt) ?? (/\b(?:run|execute)\s+(.+)$/is.exec(prompt)?.[1]?.trim() || "echo hello");
  const shell = NESTED_SHELL.exec(description)?.[1];
  if (shell === undefined) return `text(${JSON.stringify(command)});`;
  const key = shell === "exec_command" ? "cmd" : "command";
  return `const result = await tools.${shell}({ ${key}: ${JSON.stringify(command)} });\ntext(result);`;
}
