import { type Fields, fieldsIn, isFields, listIn, stringIn } from "../fields.ts";
import { declaredTools } from "../model/tools.ts";
import type { ServiceError } from "../service-error.ts";
import { invalidType, missing, refused } from "../validation/faults.ts";
import { checkItem } from "../validation/items.ts";
import { checkNames, checkParameters } from "../validation/parameters.ts";
import { checkChosenTools } from "../validation/tools.ts";

/** A request body that the service accepts. */
export interface ResponsesRequest {
  /** As it was sent, for the echo in `response`. */
  readonly body: Fields;
  readonly model: string;
  /** Always items: a plain string is one user message. */
  readonly input: readonly Fields[];
  readonly stream: boolean;
  readonly isBackground: boolean;
  readonly isStored: boolean;
  /** False for a WebSocket prewarm: nothing is to be written. */
  readonly generate: boolean;
  readonly previousResponseId: string | undefined;
  readonly conversationId: string | undefined;
  readonly maxOutputTokens: number | undefined;
  readonly topLogprobs: number | undefined;
  /** Tokens of input past which the service compacts by itself. */
  readonly compactThreshold: number | undefined;
}

/** How a body is looked at. */
export interface ParseOptions {
  /** Whether parameters that the service does not know are let through. Default false. */
  readonly acceptsUnknown?: boolean;
  /** Whether a past to go on from is enough, as it is to compact. Default false: there must be `input` as well. */
  readonly mayLackInput?: boolean;
}

/**
 * Checks a body the way the service does, and in its order.
 *
 * @throws {@link ServiceError} 400 with `param` and `code` for the first fault.
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

/** A stored prompt stands for the input: nobody knows what it says, so it is named. */
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

/** Null is a string that went wrong, so to speak, and an empty name is one of no model. @throws {@link ServiceError} 400 */
function modelIn({ model }: Fields): string {
  if (model === undefined) throw missing("model");
  if (model === "") throw modelNotFound("");
  if (typeof model !== "string") throw invalidType("model", "a string", model ?? {});
  return model;
}

export function modelNotFound(model: string): ServiceError {
  return refused(`The requested model '${model}' does not exist.`, "model", "model_not_found");
}

/** Input that is there and says nothing. */
function isNothing(input: unknown): boolean {
  return input === "" || (Array.isArray(input) && input.length === 0);
}

/** Whether there is something without any input. */
function goesOn({ previous_response_id: previous, conversation, prompt, generate }: Fields): boolean {
  return [previous, conversation, prompt].some((given) => (given ?? null) !== null) || generate === false;
}

function nothingToGoOn(): ServiceError {
  const message = `One of "input" or "previous_response_id" or 'prompt' or 'conversation' must be provided.`;
  return refused(message, undefined, "missing_required_parameter");
}

/** A string in the body of any other call. @throws {@link ServiceError} 400 when it is missing or no string. */
export function required(body: Fields, name: string): string {
  const value = body[name];
  if (value === undefined || value === null || value === "") throw missing(name);
  if (typeof value !== "string") throw invalidType(name, "a string", value);
  return value;
}

/** `input`, or what is called `param`, as items. @throws {@link ServiceError} 400 for anything but a string or a list of items. */
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

/** Whether `include` asks for something. */
export function includes(body: Fields, name: string): boolean {
  return Array.isArray(body.include) && body.include.includes(name);
}

export function wantsObfuscation(body: Fields): boolean {
  return fieldsIn(body, "stream_options")?.include_obfuscation !== false;
}
