import type { LanguageModelV4CallOptions, SharedV4Warning } from "@ai-sdk/provider";
import type { JsonObject, ResponseItem } from "../../index.ts";
import { asItem, given } from "./carried.ts";
import { snakeKeys } from "./key-case.ts";
import type { AllowedTools } from "./tools/of-call.ts";

/** `providerOptions.openai` of a call, in the names of `@ai-sdk/openai`: a program can change models without changing its calls. */
export interface OpenaiOptions {
  /** Fields of the request, in wire names. */
  readonly fields: JsonObject;
  readonly strictJsonSchema: boolean;
  readonly allowedTools: AllowedTools | undefined;
  /** The model reasons, whatever its name says. */
  readonly forceReasoning: boolean;
  readonly includeWebSearchSources: boolean;
  /** Items before and after the history. */
  readonly before: readonly ResponseItem[];
  readonly behind: readonly ResponseItem[];
}

export function openaiOptions(
  { providerOptions }: LanguageModelV4CallOptions,
  warnings: SharedV4Warning[],
): OpenaiOptions {
  const { reasoningEffort, reasoningSummary, reasoningMode, reasoningContext, reasoningEffortUpdate, ...others } =
    providerOptions?.openai ?? {};
  const { textVerbosity, textFormat, strictJsonSchema, logprobs, allowedTools, compactionTrigger, ...further } = others;
  const { forceReasoning, includeWebSearchSources, ...rest } = further;
  // Without a counterpart here; files of every kind are sent in any case.
  const { systemMessageMode, passThroughUnsupportedFiles: _, ...wire } = rest;
  if (systemMessageMode !== undefined)
    warnings.push({ type: "unsupported", feature: "providerOptions.openai.systemMessageMode" });
  return {
    fields: {
      ...(snakeKeys(wire) as JsonObject),
      ...group("reasoning", {
        effort: reasoningEffort,
        summary: reasoningSummary === undefined ? summaryFor(reasoningEffort) : reasoningSummary,
        mode: reasoningMode,
        context: reasoningContext,
      }),
      ...group("text", { verbosity: textVerbosity, format: textFormat }),
      ...(logprobs
        ? { top_logprobs: logprobs === true ? 20 : logprobs, include: ["message.output_text.logprobs"] }
        : {}),
    },
    strictJsonSchema: strictJsonSchema !== false,
    allowedTools: allowedTools as unknown as AllowedTools | undefined,
    forceReasoning: forceReasoning === true,
    includeWebSearchSources: includeWebSearchSources !== false,
    before:
      reasoningEffortUpdate === undefined
        ? []
        : [asItem({ type: "configuration_update", reasoning: { effort: reasoningEffortUpdate } })],
    behind: compactionTrigger === true ? [asItem({ type: "compaction_trigger" })] : [],
  };
}

/** With an effort the reasoning is requested too, so that programs can show it; the service gives only its summary. */
export function summaryFor(effort: unknown): "detailed" | undefined {
  return effort === undefined || effort === null || effort === "none" ? undefined : "detailed";
}

function group(name: string, fields: JsonObject): JsonObject {
  const said = given(fields);
  return Object.keys(said).length > 0 ? { [name]: said } : {};
}
