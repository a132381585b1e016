import type { AnswerReader } from "../../wire/answer-reader.ts";
import { decodeItem } from "../../wire/item-decoder.ts";
import type { ItemEncoding } from "../../wire/item-encoder.ts";
import type { ResponseItem } from "../../wire/items.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { CommonRequestFields, ExtraFields, ReasoningParam, TextParam } from "../../wire/request-fields.ts";
import { encodeRequestInput } from "../../wire/request-input.ts";
import { extraFields, sentTier } from "../../wire/requests.ts";
import type { Tool } from "../../wire/tools.ts";

/** The fields of `POST responses/compact`. They are not checked at run time. */
export interface CompactionFields extends CommonRequestFields {
  readonly model: string;
  /** Empty by default. */
  readonly tools?: readonly Tool[] | null | undefined;
  /** Not sent by default. */
  readonly reasoning?: ReasoningParam | null | undefined;
  readonly text?: TextParam | null | undefined;
}

/** Body of `POST responses/compact`, in wire names. Put fields that this type does not have into `extra`. */
export interface CompactionInput extends CompactionFields {
  readonly extra?: ExtraFields<CompactionFields> | undefined;
}

const TYPED_FIELDS: Readonly<Record<keyof CompactionFields, true>> = {
  client_metadata: true,
  image: true,
  input: true,
  instructions: true,
  model: true,
  parallel_tool_calls: true,
  previous_response_id: true,
  prompt_cache_key: true,
  prompt_cache_options: true,
  prompt_cache_retention: true,
  reasoning: true,
  service_tier: true,
  text: true,
  tools: true,
};

/** @throws {@link BuildError} `input` is neither a text nor a list of objects, or `extra` repeats a typed field. */
export function encodeCompactionInput(input: CompactionInput, encoding: ItemEncoding = {}): JsonObject {
  const {
    model,
    input: items,
    instructions,
    tools,
    parallel_tool_calls,
    reasoning,
    text,
    service_tier,
    extra,
    ...further
  } = input;
  return {
    model,
    input: encodeRequestInput(items, encoding),
    instructions: instructions ?? "",
    tools: tools ?? [],
    parallel_tool_calls: parallel_tool_calls ?? true,
    ...(reasoning ? { reasoning } : {}),
    ...(text ? { text } : {}),
    ...further,
    ...(service_tier === undefined ? {} : { service_tier: sentTier(service_tier) }), // as in a request for a response
    ...extraFields(extra, TYPED_FIELDS),
  };
}

/**
 * The compacted history.
 *
 * @throws {@link ProtocolError} The answer has no list `output`, or an entry of it is not an item.
 */
export function decodeCompactionOutput(answer: AnswerReader): ResponseItem[] {
  return answer.list("output", (entry, place) => {
    const item = decodeItem(entry);
    if (!item) throw answer.undecodable(`${place} is not an item: it has no type`);
    return item;
  });
}
