import { type Fields, fieldsIn, isFields, listIn, stringIn } from "../fields.ts";
import { ServiceError } from "../service-error.ts";

/** A request body that the service accepts. */
export interface ResponsesRequest {
  /** As it was sent, for the echo in `response`. */
  readonly body: Fields;
  readonly model: string;
  /** Always items: a plain string is one user message. */
  readonly input: readonly Fields[];
  readonly stream: boolean;
  /** False for a WebSocket prewarm: nothing is to be written. */
  readonly generate: boolean;
  readonly previousResponseId: string | undefined;
  readonly maxOutputTokens: number | undefined;
}

const LEAST_OUTPUT_TOKENS = 16;
const TOOL_CHOICES = ["none", "auto", "required"];

/**
 * Checks a body the way the service does.
 *
 * @throws {@link ServiceError} 400 with `param` and `code` for the first fault.
 */
export function parseResponsesRequest(value: unknown): ResponsesRequest {
  if (!isFields(value))
    throw new ServiceError(400, { message: "The request body must be a JSON object.", code: "invalid_type" });
  const input = parseInput(value.input);
  checkTools(value);
  return {
    body: value,
    model: required(value, "model"),
    input,
    stream: optional(value, "stream", "boolean") ?? false,
    generate: optional(value, "generate", "boolean") ?? true,
    previousResponseId: optional(value, "previous_response_id", "string"),
    maxOutputTokens: maxOutputTokens(value),
  };
}

/** The `model` of any call. @throws {@link ServiceError} 400 when it is missing or no string. */
export function required(body: Fields, name: string): string {
  const value = body[name];
  if (value === undefined || value === null || value === "") throw missing(name);
  if (typeof value !== "string") throw invalidType(name, "a string", value);
  return value;
}

/** `input` as items. @throws {@link ServiceError} 400 for anything but a string or a list of items. */
export function parseInput(input: unknown): readonly Fields[] {
  if (input === undefined || input === null) throw missing("input");
  if (typeof input === "string")
    return [{ type: "message", role: "user", content: [{ type: "input_text", text: input }] }];
  if (!Array.isArray(input)) throw invalidType("input", "a string or an array of items", input);
  return input.map((item: unknown, index) => parseItem(item, `input[${index}]`));
}

function parseItem(item: unknown, param: string): Fields {
  if (!isFields(item)) throw invalidType(param, "an object", item);
  const type = item.type ?? (typeof item.role === "string" ? "message" : undefined);
  if (type === undefined) throw missing(`${param}.type`);
  if (typeof type !== "string") throw invalidType(`${param}.type`, "a string", type);
  if (type === "message") {
    if (typeof item.role !== "string") throw missing(`${param}.role`);
    if (typeof item.content !== "string" && !Array.isArray(item.content)) throw missing(`${param}.content`);
  }
  if (type.endsWith("_call_output") && typeof item.call_id !== "string") throw missing(`${param}.call_id`);
  return item;
}

function checkTools(body: Fields): void {
  const { tools, tool_choice: choice } = body;
  if (tools !== undefined && tools !== null && !Array.isArray(tools))
    throw invalidType("tools", "an array of objects", tools);
  if (choice === undefined || choice === null) return;
  if (typeof choice === "string" && !TOOL_CHOICES.includes(choice)) {
    throw new ServiceError(400, {
      message: `Invalid value: '${choice}'. Supported values are: 'none', 'auto', and 'required'.`,
      param: "tool_choice",
      code: "invalid_value",
    });
  }
  const name = isFields(choice) ? stringIn(choice, "name") : undefined;
  if (name !== undefined && !listIn(body, "tools").some((tool) => tool.name === name)) {
    throw new ServiceError(400, {
      message: `Tool choice '${name}' not found in 'tools' parameter.`,
      param: "tool_choice",
    });
  }
}

function maxOutputTokens(body: Fields): number | undefined {
  const value = optional(body, "max_output_tokens", "number");
  if (value !== undefined && value < LEAST_OUTPUT_TOKENS) {
    throw new ServiceError(400, {
      message: `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= ${LEAST_OUTPUT_TOKENS}, but got ${value} instead.`,
      param: "max_output_tokens",
      code: "integer_below_min_value",
    });
  }
  return value;
}

interface OptionalTypes {
  boolean: boolean;
  number: number;
  string: string;
}

function optional<Name extends keyof OptionalTypes>(
  body: Fields,
  name: string,
  type: Name,
): OptionalTypes[Name] | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (isOfType(value, type)) return value;
  throw invalidType(name, `a ${type}`, value);
}

function isOfType<Name extends keyof OptionalTypes>(value: unknown, type: Name): value is OptionalTypes[Name] {
  return typeof value === type;
}

function missing(param: string): ServiceError {
  return new ServiceError(400, {
    message: `Missing required parameter: '${param}'.`,
    param,
    code: "missing_required_parameter",
  });
}

function invalidType(param: string, expected: string, value: unknown): ServiceError {
  const message = `Invalid type for '${param}': expected ${expected}, but got ${nameOf(value)} instead.`;
  return new ServiceError(400, { message, param, code: "invalid_type" });
}

function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/**
 * Every call needs its output and every output its call, over the whole conversation.
 *
 * @throws {@link ServiceError} 400. A conversation with a compaction is let through: its calls may be in there.
 */
export function checkToolPairs(conversation: readonly Fields[]): void {
  if (conversation.some((item) => item.type === "compaction" || item.type === "compaction_trigger")) return;
  const calls = idsOf(conversation, /^(?:function_call|custom_tool_call)$/);
  const outputs = idsOf(conversation, /^(?:function_call_output|custom_tool_call_output)$/);
  const orphan = [...outputs].find((id) => !calls.has(id));
  if (orphan !== undefined) {
    throw new ServiceError(400, {
      message: `No tool call found for function call output with call_id ${orphan}.`,
      param: "input",
    });
  }
  const unanswered = [...calls].find((id) => !outputs.has(id));
  if (unanswered !== undefined) {
    throw new ServiceError(400, { message: `No tool output found for function call ${unanswered}.`, param: "input" });
  }
}

function idsOf(conversation: readonly Fields[], types: RegExp): ReadonlySet<string> {
  const items = conversation.filter((item) => types.test(stringIn(item, "type") ?? ""));
  return new Set(items.map((item) => stringIn(item, "call_id") ?? ""));
}

/** Whether `include` or `stream_options` ask for something. */
export function includes(body: Fields, name: string): boolean {
  return Array.isArray(body.include) && body.include.includes(name);
}

export function wantsObfuscation(body: Fields): boolean {
  return fieldsIn(body, "stream_options")?.include_obfuscation !== false;
}
