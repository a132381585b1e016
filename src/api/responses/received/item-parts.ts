import type { ResponseItem } from "../../wire/items.ts";
import { idIn, isJsonObject, type JsonObject, textOf } from "../../wire/json.ts";
import { told } from "../events/fields.ts";
import type { DeltaEvent } from "../events/types.ts";

/** Where a finished item has the text that deltas of one type bring. */
interface Home {
  /** Type of the item. */
  readonly item: string;
  readonly field: "content" | "summary" | "arguments" | "input";
  /** If the field is a list: the type of its parts, another type that services use for them, and which of their fields is the text. */
  readonly part?: Part;
}

interface Part {
  readonly type: string;
  readonly also?: string;
  readonly text: "text" | "refusal";
}

const HOMES: Readonly<Record<DeltaEvent["type"], Home>> = {
  "output_text.delta": { item: "message", field: "content", part: { type: "output_text", also: "text", text: "text" } },
  "refusal.delta": { item: "message", field: "content", part: { type: "refusal", text: "refusal" } },
  "reasoning_summary_text.delta": { item: "reasoning", field: "summary", part: { type: "summary_text", text: "text" } },
  "reasoning_text.delta": {
    item: "reasoning",
    field: "content",
    part: { type: "reasoning_text", also: "text", text: "text" },
  },
  "function_call_arguments.delta": { item: "function_call", field: "arguments" },
  "custom_tool_call_input.delta": { item: "custom_tool_call", field: "input" },
};

const DELTA_TYPES = Object.keys(HOMES) as readonly DeltaEvent["type"][];

/** One part of an item's text, as events have brought it. */
export interface PartText {
  /** Type of the deltas that bring it. */
  readonly type: DeltaEvent["type"];
  /** Index of the part in the item; undefined if no event says. */
  readonly index?: number | undefined;
  readonly text: string;
}

/** The index of the part that a delta adds to; undefined for calls, which have one text. */
export function partIndexOf(event: DeltaEvent): number | undefined {
  // By type: asking each delta of a slow stream for a field that it may not have takes several times as long.
  switch (event.type) {
    case "function_call_arguments.delta":
    case "custom_tool_call_input.delta":
      return undefined;
    case "reasoning_summary_text.delta":
      return event.summaryIndex;
    default:
      return event.contentIndex;
  }
}

/** True if deltas of this type are about items like this one. */
export function mayHave(item: ResponseItem, type: DeltaEvent["type"]): boolean {
  return HOMES[type].item === item.type;
}

/** The item's texts of the kind that deltas of this type bring, by the index of their part; undefined for parts of another kind. */
export function textsIn(item: ResponseItem, type: DeltaEvent["type"]): readonly (string | undefined)[] {
  const { field, part } = HOMES[type];
  if (!mayHave(item, type)) return [];
  const value = (item as unknown as JsonObject)[field];
  if (part !== undefined && Array.isArray(value)) return value.map((each) => partText(each, part));
  const mayBeText = part === undefined || type === "output_text.delta"; // some gateways write a message's content as a text
  return mayBeText && typeof value === "string" ? [value] : [];
}

/** True if the item has text of any kind that deltas bring. */
export function hasText(item: ResponseItem): boolean {
  return DELTA_TYPES.some((type) => mayHave(item, type) && textsIn(item, type).some(Boolean));
}

/** All texts of an item, each as one delta. */
export function deltasOf(item: ResponseItem, outputIndex: number | undefined): DeltaEvent[] {
  return DELTA_TYPES.flatMap((type) =>
    textsIn(item, type).flatMap((delta, index): DeltaEvent[] => {
      if (!delta) return [];
      const place = told({ itemId: idIn(item), outputIndex });
      if (type === "reasoning_summary_text.delta") return [{ type, delta, ...place, summaryIndex: index }];
      return [HOMES[type].part ? { type, delta, ...place, contentIndex: index } : { type, delta, ...place }];
    }),
  );
}

/**
 * The item with the texts that events have brought and the item itself lacks: some gateways finish a message with an empty `content`, or a
 * call without its arguments, after all of it has come in deltas. What the item has is never changed.
 *
 * @returns The item itself if it lacks nothing.
 */
export function withTexts(item: ResponseItem, told: readonly PartText[]): ResponseItem {
  const missing = told.filter((part) => mayHave(item, part.type) && isMissing(item, part));
  if (missing.length === 0) return item;
  const whole: Record<string, unknown> = { ...item };
  for (const field of new Set(missing.map(({ type }) => HOMES[type].field))) {
    const ofField = missing.filter(({ type }) => HOMES[type].field === field);
    const isList = field === "content" || field === "summary";
    whole[field] = isList ? filledList(whole[field], ofField) : ofField.map(({ text }) => text).join("");
  }
  return whole as unknown as ResponseItem;
}

function isMissing(item: ResponseItem, { type, index, text }: PartText): boolean {
  const { field, part } = HOMES[type];
  const value = (item as unknown as JsonObject)[field];
  if (part !== undefined && Array.isArray(value) && partText(value[index ?? 0], part) === text) return false; // as usual
  const words = text.trim();
  const isNothing = value === undefined || value === null || value === "";
  if (words === "" || part === undefined || !Array.isArray(value)) return words !== "" && isNothing;
  // It may be there in a part of another kind. Services cut texts into parts in different ways, and trim them.
  if (value.map(anyText).join("").includes(words)) return false;
  const own = textsIn(item, type);
  if (own.join("") === "") return true;
  return index !== undefined && (own[index] === "" || index >= own.length);
}

/** The parts of a list with the missing ones: in an empty part where there is one, else behind the others. */
function filledList(value: unknown, missing: readonly PartText[]): readonly unknown[] {
  const parts: unknown[] = Array.isArray(value) ? [...value] : [];
  const rankOf = ({ index = Number.MAX_SAFE_INTEGER }: PartText): number => index;
  for (const { type, index, text } of [...missing].sort((left, right) => rankOf(left) - rankOf(right))) {
    const { part } = HOMES[type];
    if (part === undefined) continue;
    const isEmpty = (each: unknown): boolean => partText(each, part) === "";
    const at = index ?? parts.findIndex(isEmpty);
    if (isEmpty(parts[at])) parts[at] = { ...(parts[at] as object), [part.text]: text };
    else parts.push({ type: part.type, [part.text]: text });
  }
  return parts;
}

function partText(value: unknown, { type, also, text }: Part): string | undefined {
  if (!isJsonObject(value) || (value.type !== type && value.type !== also)) return undefined;
  return value[text] === undefined || value[text] === null ? "" : textOf(value[text]);
}

function anyText(part: unknown): string {
  return isJsonObject(part) ? (textOf(part.text) ?? textOf(part.refusal) ?? "") : "";
}
