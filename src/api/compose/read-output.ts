/** Reads an answer's finished items with the schemas of the request: the structured text and the tool calls. The items are not changed. */
import type { CustomToolCallItem, FunctionCallItem, MessageItem, ResponseItem, UnlistedType } from "../wire/items.ts";
import { isJsonObject } from "../wire/json.ts";
import type { ResponsesRequest } from "../wire/request-fields.ts";
import { type ReadBy, readBy, type SchemaIssue, type StandardSchema } from "../wire/schema.ts";
import { checkSchema } from "./schema-check.ts";
import type { CustomCallOf, FunctionCallOf } from "./tools.ts";

/**
 * Why there is no `parsed`; the text itself is in the item. If a schema throws or does not answer, the kind is `does_not_fit` and its issue
 * says so.
 */
export interface ReadingProblem {
  readonly reason: "refused" | "incomplete" | "not_json" | "does_not_fit";
  readonly issues?: readonly SchemaIssue[];
}

/** Either the value or the problem: checking one narrows the other. */
type Read<Parsed> =
  | { readonly parsed: Parsed; readonly problem?: undefined }
  | { readonly parsed?: undefined; readonly problem: ReadingProblem };
interface NothingToRead {
  readonly parsed?: undefined;
  readonly problem?: undefined;
}

type FunctionCall<Name, Parsed> = Read<Parsed> & {
  readonly item: FunctionCallItem;
  readonly name: Name;
  readonly callId: string;
  /** As the model wrote them. */
  readonly arguments: string;
};
interface CustomCall<Name> {
  readonly item: CustomToolCallItem;
  readonly name: Name;
  readonly callId: string;
  /** The input, as free text. */
  readonly arguments: string;
  readonly parsed?: undefined;
  readonly problem?: ReadingProblem;
}

type CallOf<Descriptor> =
  Descriptor extends FunctionCallOf<infer Name, infer Arguments>
    ? FunctionCall<Name, Arguments>
    : Descriptor extends CustomCallOf<infer Name>
      ? CustomCall<Name>
      : never;

type CallsKnown<Known> = [Known] extends [never]
  ? FunctionCall<string, unknown> | CustomCall<string>
  : Known | FunctionCall<UnlistedType, unknown> | CustomCall<UnlistedType>;

/** Of each tool by itself: the one of a hosted tool is `unknown`, which would be all that is left of a union. */
type CallsOf<Calls extends readonly unknown[]> = { readonly [Index in keyof Calls]: CallOf<Calls[Index]> }[number];

/**
 * A call of a tool that the caller runs; `name` tells which. Calls of tools that were not made by a builder function are also in the union,
 * without a literal name.
 */
export type ToolCall<Calls extends readonly unknown[] = readonly unknown[]> = CallsKnown<CallsOf<Calls>>;

/**
 * A call of one of these tools, for a function of your own that handles it.
 *
 * @example
 * ```ts
 * const tools = [weather, clock] as const;
 * async function run(call: ToolCallOf<typeof tools>): Promise<string> { … }
 * ```
 */
export type ToolCallOf<Tools extends readonly unknown[]> = ToolCall<{
  readonly [Index in keyof Tools]: Tools[Index] extends ReadBy<infer Call> ? Call : unknown;
}>;

/**
 * What the items of an answer were read as: the structured answer as `parsed`, or a `problem`. Both are absent if the request has no JSON
 * format, or if the answer contains no message.
 */
export type OutputReading<Parsed = unknown, Calls extends readonly unknown[] = readonly unknown[]> = (
  | Read<Parsed>
  | NothingToRead
) & {
  /** In the order of their items. */
  readonly calls: readonly ToolCall<Calls>[];
};

export interface ReadingOptions {
  /** True if the response ended early. Text that cannot be parsed is then reported as `incomplete`. Default false. */
  readonly incomplete?: boolean | undefined;
  /** How long a schema may take for one value, in milliseconds. Default 10 000. */
  readonly validateTimeoutMs?: number | undefined;
}

/**
 * Reads finished items with the schemas of the request. Never rejects: for anything that cannot be read, `problem` says why.
 *
 * `parsed` is read from the last message that is not commentary, if `text.format` asks for JSON. Arguments of a tool without a schema are
 * parsed and not checked.
 */
export async function readOutput<Parsed, Calls extends readonly unknown[]>(
  items: readonly ResponseItem[],
  request: Pick<ResponsesRequest<Parsed, Calls>, "text" | "tools">,
  options: ReadingOptions = {},
): Promise<OutputReading<Parsed, Calls>> {
  const schemas = toolSchemas(request.tools);
  const [message, calls] = await Promise.all([
    readMessage(items, request.text?.format, options),
    Promise.all(items.flatMap((item) => (isCall(item) ? [readCall(item, schemas, options)] : []))),
  ]);
  // The results of the schemas have the types that the request's type parameters were inferred from.
  return { ...message, calls } as OutputReading<Parsed, Calls>;
}

function isCall(item: ResponseItem): item is FunctionCallItem | CustomToolCallItem {
  return item.type === "function_call" || item.type === "custom_tool_call";
}

/** By name. For a tool in a namespace by both names, because tool names are unique only within their namespace. */
function toolSchemas(tools: unknown, namespace?: string): Map<string, StandardSchema> {
  const schemas = new Map<string, StandardSchema>();
  for (const tool of Array.isArray(tools) ? tools : []) {
    if (!isJsonObject(tool) || typeof tool.name !== "string") continue;
    const schema = (tool as ReadBy<unknown>)[readBy]?.schema;
    if (tool.type === "function" && schema) schemas.set(toolKey(tool.name, namespace), schema);
    if (tool.type === "namespace") for (const entry of toolSchemas(tool.tools, tool.name)) schemas.set(...entry);
  }
  return schemas;
}

function toolKey(name: string, namespace: string | null | undefined): string {
  return JSON.stringify([namespace ?? null, name]);
}

async function readCall(
  item: FunctionCallItem | CustomToolCallItem,
  schemas: ReadonlyMap<string, StandardSchema>,
  options: ReadingOptions,
): Promise<ToolCall> {
  const { name, call_id: callId } = item;
  if (item.type === "custom_tool_call") {
    const problem = isUnfinished(item.status) ? ({ problem: { reason: "incomplete" } } as const) : {};
    return { item, name, callId, arguments: item.input, ...problem };
  }
  const schema = schemas.get(toolKey(name, item.namespace)) ?? schemas.get(toolKey(name, undefined));
  const text = item.arguments;
  return { item, name, callId, arguments: text, ...(await readText(text, item.status, schema, options)) };
}

async function readMessage(
  items: readonly ResponseItem[],
  format: unknown,
  options: ReadingOptions,
): Promise<Read<unknown> | NothingToRead> {
  const asksForJson = isJsonObject(format) && (format.type === "json_schema" || format.type === "json_object");
  const message = items.findLast(
    (item): item is MessageItem => item.type === "message" && item.role === "assistant" && item.phase !== "commentary",
  );
  if (!asksForJson || !message) return {};
  const parts: readonly unknown[] = Array.isArray(message.content) ? message.content : [];
  let text = "";
  for (const part of parts) {
    if (!isJsonObject(part)) continue;
    if (part.type === "refusal") return { problem: { reason: "refused" } };
    if (part.type === "output_text" && typeof part.text === "string") text += part.text;
  }
  return readText(text, message.status, (format as ReadBy<unknown>)[readBy]?.schema, options);
}

async function readText(
  text: string,
  status: string | null | undefined,
  schema: StandardSchema | undefined,
  options: ReadingOptions,
): Promise<Read<unknown>> {
  if (isUnfinished(status)) return { problem: { reason: "incomplete" } };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: { reason: options.incomplete ? "incomplete" : "not_json" } };
  }
  if (!schema) return { parsed: value };
  const result = await checkSchema(schema, value, options.validateTimeoutMs);
  return result.issues ? { problem: { reason: "does_not_fit", issues: result.issues } } : { parsed: result.value };
}

function isUnfinished(status: string | null | undefined): boolean {
  return status === "incomplete" || status === "in_progress";
}
