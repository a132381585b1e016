import type { AnswerReader } from "../../wire/answer-reader.ts";
import { decodeItem } from "../../wire/item-decoder.ts";
import type { ResponseItem } from "../../wire/items.ts";
import type { JsonObject } from "../../wire/json.ts";
import { checkModel, encodeRequestInput, type RequestInput } from "../../wire/request-input.ts";
import type { ReasoningParam, TextParam } from "../../wire/requests.ts";

/** Body of `POST responses/compact`, in wire names. A field that is not listed here is sent as it is, after the others. */
export interface CompactionInput {
  readonly model: string;
  readonly input: RequestInput;
  /** Default: empty. */
  readonly instructions?: string | null;
  /** Default: none. */
  readonly tools?: readonly object[] | null;
  /** Default: true. */
  readonly parallel_tool_calls?: boolean | null;
  /** Left out when there is none. */
  readonly reasoning?: ReasoningParam | null;
  readonly text?: TextParam | null;
  readonly [field: string]: unknown;
}

/** @throws {@link BuildError} `model` or `input` is missing, or an item has no `type`. */
export function encodeCompactionInput(input: CompactionInput): JsonObject {
  const { model, input: items, instructions, tools, parallel_tool_calls, reasoning, text, ...further } = input;
  checkModel(model);
  return {
    model,
    input: encodeRequestInput(items),
    instructions: instructions ?? "",
    tools: tools ?? [],
    parallel_tool_calls: parallel_tool_calls ?? true,
    ...(reasoning ? { reasoning } : {}),
    ...(text ? { text } : {}),
    ...further,
    ...(further.service_tier === "fast" ? { service_tier: "priority" } : {}), // as in a request for a response
  };
}

/**
 * The compacted history.
 *
 * @throws {@link StreamError} The answer has no list `output`, or an entry of it is no item.
 */
export function decodeCompactionOutput(answer: AnswerReader): ResponseItem[] {
  return answer.list("output", (entry, place) => {
    const item = decodeItem(entry);
    if (!item) throw answer.undecodable(`${place} is no item: it has no type`);
    return item;
  });
}
