import type {
  LanguageModelV4CallOptions,
  LanguageModelV4FunctionTool,
  LanguageModelV4ProviderTool,
  SharedV4Warning,
} from "@ai-sdk/provider";
import type { FunctionTool, JsonObject, Tool, ToolChoice } from "../../index.ts";
import { PROVIDER } from "./carried.ts";
import { snakeKeys } from "./key-case.ts";

/** Tools whose calls have another name than the tool. */
const ANSWERS_FOR: ReadonlyMap<string, string> = new Map([
  ["web_search_2025_08_26", "web_search"],
  ["web_search_preview", "web_search"],
  ["web_search_preview_2025_03_11", "web_search"],
  ["computer_use_preview", "computer"],
  ["computer_use", "computer"],
]);

/** The tools of a call, in wire form, and the program's names for them. */
export class CallTools {
  readonly tools: readonly Tool[];
  readonly #names = new Map<string, string>();
  readonly #hosted = new Map<string, JsonObject>();

  constructor(tools: LanguageModelV4CallOptions["tools"], warnings: SharedV4Warning[]) {
    this.tools = (tools ?? []).flatMap((tool) => {
      if (tool.type === "function") return functionToolOf(tool);
      const wire = hostedToolOf(tool);
      if (!wire) warnings.push({ type: "unsupported", feature: `tool ${tool.id}`, details: NOT_OURS });
      else this.#know(wire, tool.name);
      return wire ?? [];
    });
  }

  /** The program's name for a tool of this type. */
  nameOf(type: string): string {
    return this.#names.get(type) ?? type;
  }

  /** True if the model writes free text for this tool. */
  isCustom(name: string): boolean {
    return this.#hosted.get(name)?.type === "custom";
  }

  /** True if the service runs the shell. */
  get isShellHosted(): boolean {
    return this.tools.some((tool) => tool.type === "shell" && tool.environment && tool.environment.type !== "local");
  }

  choice(choice: LanguageModelV4CallOptions["toolChoice"]): ToolChoice | undefined {
    if (choice?.type !== "tool") return choice?.type;
    const { type = "function", server_label } = this.#hosted.get(choice.toolName) ?? {};
    if (type === "function" || type === "custom") return { type, name: choice.toolName };
    return { type, ...(type === "mcp" ? { server_label } : {}) } as ToolChoice;
  }

  #know(tool: JsonObject, name: string): void {
    const type = String(tool.type);
    this.#hosted.set(name, tool);
    if (type !== "custom") this.#names.set(ANSWERS_FOR.get(type) ?? type, name);
  }
}

const NOT_OURS =
  "only tools of openai.tools, and of the id codex-wire.<type> with arguments in wire names, can be sent";

function functionToolOf({
  name,
  description,
  inputSchema,
  strict,
  providerOptions,
}: LanguageModelV4FunctionTool): FunctionTool {
  return {
    type: "function",
    name,
    ...(description === undefined ? {} : { description }),
    parameters: inputSchema as JsonObject,
    ...(strict === undefined ? {} : { strict }),
    ...(snakeKeys(providerOptions?.openai ?? {}) as object),
    ...providerOptions?.[PROVIDER],
  };
}

function hostedToolOf({ id, name, args }: LanguageModelV4ProviderTool): (Tool & JsonObject) | undefined {
  const [provider, type] = id.split(".") as [string, string];
  if (provider === "codex-wire") return { ...args, ...(type === "custom" ? { name } : {}), type } as Tool & JsonObject;
  if (provider !== "openai") return undefined;
  const settle = SETTLED.get(type);
  const fields = snakeKeys(args) as JsonObject;
  return { ...(settle ? settle(fields, name) : fields), type } as Tool & JsonObject;
}

/** Tools whose arguments differ from the wire's by more than the letter case of their names. */
const SETTLED: ReadonlyMap<string, (args: JsonObject, name: string) => JsonObject> = new Map<
  string,
  (args: JsonObject, name: string) => JsonObject
>([
  ["custom", (args: JsonObject, name: string) => ({ ...args, name })],
  ["mcp", (args: JsonObject) => ({ require_approval: "never", ...args })],
  ["code_interpreter", ({ container, ...args }: JsonObject) => ({ ...args, container: containerOf(container) })],
  [
    "file_search",
    ({ ranking, ...args }: JsonObject) => ({ ...args, ...(ranking ? { ranking_options: ranking } : {}) }),
  ],
  [
    "shell",
    ({ environment, ...args }: JsonObject) => ({
      ...args,
      ...(environment ? { environment: environmentOf(environment) } : {}),
    }),
  ],
]);

function containerOf(container: unknown): unknown {
  return typeof container === "object" ? { type: "auto", ...container } : (container ?? { type: "auto" });
}

function environmentOf(environment: unknown): unknown {
  const { type = "local", ...fields } = environment as { readonly type?: string };
  return { type: type.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), ...fields };
}
