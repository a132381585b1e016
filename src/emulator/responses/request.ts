import { type Fields, fieldsIn, isFields, listIn, stringIn } from "../fields.ts";
import { declaredTools } from "../model/tools.ts";
import type { ServiceError } from "../service-error.ts";
import { invalidType, missing, refused } from "../validation/faults.ts";
import { checkItem } from "../validation/items.ts";
import { checkNames, checkParameters } from "../validation/parameters.ts";
import { checkChosenTools } from "../validation/tools.ts";

/** A request body that the service accepts. */
export interface ResponsesRequest {
  /** The body as sent, which `response` repeats. */
  readonly body: Fields;
  readonly model: string;
  /** Always items: a plain string is one user message. */
  readonly input: readonly Fields[];
  readonly stream: boolean;
  readonly isBackground: boolean;
  readonly isStored: boolean;
  /** False for a WebSocket prewarm: no output is generated. */
  readonly generate: boolean;
  readonly previousResponseId: string | undefined;
  readonly conversationId: string | undefined;
  readonly maxOutputTokens: number | undefined;
  readonly topLogprobs: number | undefined;
  /** Number of input tokens above which the service compacts automatically. */
  readonly compactThreshold: number | undefined;
}

/** How a body is checked. */
export interface ParseOptions {
  /** Accept unknown parameters. Default false. */
  readonly acceptsUnknown?: boolean;
  /** The request needs no `input` if it continues a response or a conversation, as for a compaction. Default false. */
  readonly mayLackInput?: boolean;
}

/**
 * Checks a body as the service does, in the same order.
 *
 * @throws {@link ServiceError} 400 with `param` and `code` for the first error.
 */
export function parseResponsesRequest(
  value: unknown,
  { acceptsUnknown = false, mayLackInput = false }: ParseOptions = {},
): ResponsesRequest {
  if (!isFields(value)) throw refused("The request body must be a JSON object.", undefined, "invalid_type");
  const model = modelIn(value);
  const body = withPrompt(value);
  const isAbsent = body.input === undefined;
  if (isAbsent && !(mayLackInput && goesOn(value))) throw missing("input");
  if (!acceptsUnknown) checkNames(value);
  const input = isAbsent ? [] : parseInput(body.input);
  checkParameters(value);
  if ((value.tool_choice ?? null) !== null) checkChosenTools(value.tool_choice, declaredTools(value, input));
  if (isNothing(value.input) && !goesOn(value)) throw nothingToGoOn();
  const rule = listIn(value, "context_management").find((entry) => entry.type === "compaction");
  return {
    body: value,
    model,
    input,
    stream: value.stream === true,
    isBackground: value.background === true,
    isStored: value.store !== false,
    generate: value.generate !== false,
    previousResponseId: stringIn(value, "previous_response_id"),
    conversationId: conversationIn(value),
    maxOutputTokens: numberIn(value, "max_output_tokens"),
    topLogprobs: numberIn(value, "top_logprobs"),
    compactThreshold: rule && numberIn(rule, "compact_threshold"),
  };
}

/** A stored prompt replaces the input. Its text is unknown, so its id is used. */
function withPrompt(body: Fields): Fields {
  const prompt = fieldsIn(body, "prompt");
  if (!prompt || (body.input !== undefined && body.input !== null)) return body;
  return { ...body, input: `The stored prompt ${stringIn(prompt, "id") ?? ""}` };
}

export function conversationIn({ conversation }: Fields): string | undefined {
  if (conversation === undefined || conversation === null) return undefined;
  if (typeof conversation === "string") return conversation;
  const id = isFields(conversation) ? stringIn(conversation, "id") : undefined;
  if (id === undefined) throw invalidType("conversation", "a string or an object with an id", conversation);
  return id;
}

/** As for the service, null has the wrong type, and an empty name is an unknown model. @throws {@link ServiceError} 400 */
function modelIn({ model }: Fields): string {
  if (model === undefined) throw missing("model");
  if (model === "") throw modelNotFound("");
  if (typeof model !== "string") throw invalidType("model", "a string", model ?? {});
  return model;
}

export function modelNotFound(model: string): ServiceError {
  return refused(`The requested model '${model}' does not exist.`, "model", "model_not_found");
}

/** Input that is present but empty. */
function isNothing(input: unknown): boolean {
  return input === "" || (Array.isArray(input) && input.length === 0);
}

/** True if the request has something to answer without input. */
function goesOn({ previous_response_id: previous, conversation, prompt, generate }: Fields): boolean {
  return [previous, conversation, prompt].some((given) => (given ?? null) !== null) || generate === false;
}

function nothingToGoOn(): ServiceError {
  const message = `One of "input" or "previous_response_id" or 'prompt' or 'conversation' must be provided.`;
  return refused(message, undefined, "missing_required_parameter");
}

/** A string field in the body of any other call. @throws {@link ServiceError} 400 if it is missing or not a string. */
export function required(body: Fields, name: string): string {
  const value = body[name];
  if (value === undefined || value === null || value === "") throw missing(name);
  if (typeof value !== "string") throw invalidType(name, "a string", value);
  return value;
}

/** `input`, or the field named `param`, as items. @throws {@link ServiceError} 400 for anything except a string or a list of items. */
export function parseInput(input: unknown, param = "input"): readonly Fields[] {
  if (input === undefined) throw missing(param);
  if (input === null) throw invalidType(param, "a string", {});
  if (typeof input === "string") {
    return [{ type: "message", role: "user", content: [{ type: "input_text", text: input }] }];
  }
  if (!Array.isArray(input)) throw invalidType(param, "one of a string or array of input items", input);
  return input.map((item: unknown, index) => checkItem(item, `${param}[${index}]`));
}

function numberIn(body: Fields, name: string): number | undefined {
  const value = body[name];
  return typeof value === "number" ? value : undefined;
}

/** True if `include` contains this value. */
export function includes(body: Fields, name: string): boolean {
  return Array.isArray(body.include) && body.include.includes(name);
}

export function wantsObfuscation(body: Fields): boolean {
  return fieldsIn(body, "stream_options")?.include_obfuscation !== false;
}
