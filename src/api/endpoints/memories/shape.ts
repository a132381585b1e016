import { BuildError } from "../../../client/failure/kinds.ts";
import { object } from "../../../client/options.ts";
import type { AnswerReader } from "../../wire/answer-reader.ts";
import { isJsonObject, type JsonObject } from "../../wire/json.ts";
import { checkModel } from "../../wire/request-input.ts";
import type { ReasoningParam } from "../../wire/requests.ts";

/** One recorded conversation to be summarized. */
export interface RawMemory {
  readonly id: string;
  readonly metadata: { readonly source_path: string };
  /** The conversation's items, as they were recorded. */
  readonly items: readonly unknown[];
}

/** Body of `POST memories/trace_summarize`, in wire names. */
export interface MemorySummarizeInput {
  readonly model: string;
  readonly traces: readonly RawMemory[];
  readonly reasoning?: ReasoningParam | null | undefined;
}

export interface MemorySummarizeOutput {
  readonly trace_summary: string;
  readonly memory_summary: string;
}

/** @throws {@link BuildError} `model` or `traces` is missing, or a trace lacks a field; the message names it. */
export function encodeMemorySummarizeInput(input: MemorySummarizeInput): JsonObject {
  object("the input of summarize()", input, "an object with model and traces");
  checkModel(input.model);
  if (!Array.isArray(input.traces)) throw new BuildError("traces is missing: give a list of recorded conversations");
  return {
    model: input.model,
    traces: input.traces.map(encodeTrace),
    ...(input.reasoning ? { reasoning: input.reasoning } : {}),
  };
}

function encodeTrace(trace: unknown, index: number): JsonObject {
  const place = `traces[${index}]`;
  if (!isJsonObject(trace)) throw new BuildError(`${place} is not an object`);
  const { id, metadata, items } = trace;
  if (typeof id !== "string") throw new BuildError(`${place}.id is missing`);
  if (!isJsonObject(metadata) || typeof metadata.source_path !== "string") {
    throw new BuildError(`${place}.metadata.source_path is missing`);
  }
  if (!Array.isArray(items)) throw new BuildError(`${place}.items is missing`);
  return { id, metadata: { source_path: metadata.source_path }, items };
}

/**
 * One summary per trace, in order. `raw_memory` is read as `trace_summary`.
 *
 * @throws {@link ProtocolError} The answer is not of its documented form.
 */
export function decodeMemorySummaries(answer: AnswerReader): MemorySummarizeOutput[] {
  return answer.objects("output", (summary) => ({
    trace_summary: summary.text("trace_summary", "raw_memory"),
    memory_summary: summary.text("memory_summary"),
  }));
}
