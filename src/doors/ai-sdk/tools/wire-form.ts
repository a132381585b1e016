import type { LanguageModelV4FunctionTool, LanguageModelV4ProviderTool } from "@ai-sdk/provider";
import type { FunctionTool, JsonObject, Tool } from "../../../index.ts";
import { PROVIDER } from "../carried.ts";
import { snakeKeys, snakeWord } from "../key-case.ts";

/** A group of tools that the model sees under one name. */
interface Namespace {
  readonly name: string;
  readonly description: string;
}

/** A tool of the program and its group; undefined if it is not sent, because the history contains it. */
export function functionToolOf({
  name,
  description,
  inputSchema,
  strict,
  providerOptions,
}: LanguageModelV4FunctionTool):
  | { readonly tool: FunctionTool; readonly namespace?: Namespace | undefined }
  | undefined {
  const { namespace: theirs, omitFromRequestTools, ...openai } = providerOptions?.openai ?? {};
  const { namespace = theirs, ...own } = providerOptions?.[PROVIDER] ?? {};
  if (omitFromRequestTools === true) return undefined;
  const tool: FunctionTool = {
    type: "function",
    name,
    ...(description === undefined ? {} : { description }),
    parameters: inputSchema as JsonObject,
    strict: strict ?? false, // the service's own default would change what the model is told of optional fields
    ...(snakeKeys(openai) as object),
    ...own,
  };
  return { tool, namespace: namespace as unknown as Namespace | undefined };
}

/** A tool that the service runs; undefined if it is another provider's. */
export function hostedToolOf({ id, name, args }: LanguageModelV4ProviderTool): (Tool & JsonObject) | undefined {
  const [provider, type] = id.split(".") as [string, string];
  if (provider === "codex-wire") return { ...args, ...(type === "custom" ? { name } : {}), type } as Tool & JsonObject;
  if (provider !== "openai") return undefined;
  const settle = SETTLED.get(type);
  const fields = snakeKeys(args) as JsonObject;
  return { ...(settle ? settle(fields, name) : fields), type } as Tool & JsonObject;
}

/** Tools whose arguments differ from the wire's by more than the case of their names. */
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
  return { type: snakeWord(type), ...fields };
}
