import { type Fields, fieldsIn, isFields, listIn, stringIn } from "../fields.ts";
import { declaredTools } from "../model/tools.ts";
import { invalidType, missing, refused } from "../validation/faults.ts";
import { checkItem } from "../validation/items.ts";
import { checkParameters } from "../validation/parameters.ts";
import { checkFormat, checkToolChoice, checkTools } from "../validation/tools.ts";

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

/**
 * Checks a body the way the service does.
 *
 * @param acceptsUnknown - whether parameters that the service does not know are let through. Default false.
 * @throws {@link ServiceError} 400 with `param` and `code` for the first fault.
 */
export function parseResponsesRequest(value: unknown, acceptsUnknown = false): ResponsesRequest {
  if (!isFields(value)) throw refused("The request body must be a JSON object.", undefined, "invalid_type");
  const model = required(value, "model");
  const body = withPrompt(value);
  const goesOn = typeof value.previous_response_id === "string" || (value.conversation ?? null) !== null;
  const input = goesOn && (body.input ?? null) === null ? [] : parseInput(body.input);
  checkParameters(value, acceptsUnknown);
  checkTools(value.tools, "tools");
  if ((value.tool_choice ?? null) !== null) checkToolChoice(value.tool_choice, declaredTools(value, input));
  checkFormat(value);
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

function conversationIn({ conversation }: Fields): string | undefined {
  if (conversation === undefined || conversation === null) return undefined;
  if (typeof conversation === "string") return conversation;
  const id = isFields(conversation) ? stringIn(conversation, "id") : undefined;
  if (id === undefined) throw invalidType("conversation", "a string or an object with an id", conversation);
  return id;
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
  if (typeof input === "string") {
    return [{ type: "message", role: "user", content: [{ type: "input_text", text: input }] }];
  }
  if (!Array.isArray(input)) throw invalidType("input", "a string or an array of items", input);
  return input.map((item: unknown, index) => checkItem(item, `input[${index}]`));
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
