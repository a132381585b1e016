import type { LanguageModelV4Message, LanguageModelV4ToolCallPart } from "@ai-sdk/provider";
import type { JsonObject, ResponseItem } from "../../../index.ts";
import { asItem, type Carried, carriedBy, isVoid } from "../carried.ts";
import { RESULT_FIELDS } from "../hosted.ts";
import type { PromptContext } from "./context.ts";

type Part = Extract<LanguageModelV4Message, { role: "assistant" }>["content"][number];

/** An item that is assembled from several parts. */
interface Growing {
  readonly item: Record<string, unknown>;
  readonly id: unknown;
}

/** The items of an earlier answer, from the parts that the SDK made of it. Parts of our own answers become the original items. */
export class AnswerItems {
  readonly items: ResponseItem[] = [];
  readonly #context: PromptContext;
  #growing: Growing | undefined;
  /** Hosted calls whose result contains a part of their item. */
  readonly #hollow = new Map<string, Record<string, unknown>>();

  constructor(context: PromptContext) {
    this.#context = context;
  }

  add(part: Part): void {
    const carried = carriedBy(part.providerOptions);
    switch (part.type) {
      case "text":
        this.#text(part.text, carried);
        break;
      case "reasoning":
        if (carried) this.#piece(carried, "text", part.text);
        else if (!isVoid(part.providerOptions)) this.#warn("reasoning of another provider was not sent");
        break;
      case "tool-call":
        this.#call(part, carried);
        break;
      case "tool-result":
        if (carried) this.#push(carried.item);
        else this.#fill(part.toolCallId, part.output);
        break;
      case "custom":
        if (carried) this.#push(carried.item);
        else this.#warn(`a part of kind ${part.kind} was not sent`);
        break;
      default:
        this.#warn(`a part of type ${part.type} of an earlier answer was not sent`);
    }
  }

  #text(text: string, carried: Carried | undefined): void {
    if (carried) this.#piece(carried, carried.part?.type === "refusal" ? "refusal" : "text", text);
    else if (text !== "") this.#push({ type: "message", role: "assistant", content: [{ type: "output_text", text }] });
  }

  /** One text of an item that may have several; they share its id. */
  #piece({ item, field, part }: Carried, name: "text" | "refusal", text: string): void {
    const { id } = item;
    if (id === undefined || this.#growing?.id !== id) {
      const start = item.type === "reasoning" ? { summary: [] } : { content: [] };
      const grown: Record<string, unknown> = { ...item, ...start };
      this.#push(grown);
      this.#growing = { item: grown, id };
    } else {
      Object.assign(this.#growing.item, item);
    }
    if (!field || !part || !this.#growing) return;
    const list = (this.#growing.item[field] as JsonObject[] | undefined) ?? [];
    this.#growing.item[field] = [...list, { ...part, [name]: text }];
  }

  #call(part: LanguageModelV4ToolCallPart, carried: Carried | undefined): void {
    const { toolCallId, toolName, providerExecuted } = part;
    const type = carried?.item.type ?? (this.#context.tools.isCustom(toolName) ? "custom_tool_call" : "function_call");
    this.#context.calls.set(toolCallId, providerExecuted ? undefined : String(type));
    if (type === "function_call" && !providerExecuted) {
      this.#push({
        ...carried?.item,
        type,
        name: toolName,
        arguments: argumentsOf(part, carried),
        call_id: toolCallId,
      });
    } else if (type === "custom_tool_call" && !providerExecuted) {
      this.#push({ ...carried?.item, type, name: toolName, input: textOf(part.input), call_id: toolCallId });
    } else if (carried) {
      const item = { ...carried.item };
      if (RESULT_FIELDS.has(String(type))) this.#hollow.set(toolCallId, item);
      this.#push(item);
    } else {
      this.#warn(`the call of ${toolName} was run by another provider and was not sent`);
    }
  }

  #fill(callId: string, output: { readonly type: string; readonly value?: unknown }): void {
    const item = this.#hollow.get(callId);
    const field = RESULT_FIELDS.get(String(item?.type));
    if (item && field && output.type === "json") item[field] = (output.value as JsonObject | null)?.[field];
  }

  #push(item: JsonObject): void {
    this.#growing = undefined;
    this.items.push(asItem(item));
  }

  #warn(message: string): void {
    this.#context.warnings.push({ type: "other", message });
  }
}

/** As the model wrote them, if they mean the same: with other white space the service's cache would see another history. */
function argumentsOf({ input }: LanguageModelV4ToolCallPart, carried: Carried | undefined): string {
  const text = textOf(input ?? {});
  const written = carried?.arguments;
  if (written === undefined) return text;
  try {
    return JSON.stringify(JSON.parse(written)) === text ? written : text;
  } catch {
    return typeof input === "string" ? written : text; // it never was JSON; the SDK keeps it as a string
  }
}

function textOf(input: unknown): string {
  return typeof input === "string" ? input : JSON.stringify(input);
}
