import type { LanguageModelV4CallOptions, SharedV4Warning } from "@ai-sdk/provider";
import type { JsonObject } from "../../index.ts";
import type { WholeRequest } from "../conversations.ts";
import type { RequestDefaults } from "../line.ts";
import { given, PROVIDER } from "./carried.ts";
import { inputOfPrompt } from "./input/prompt.ts";
import { type OpenaiOptions, openaiOptions, summaryFor } from "./openai-options.ts";
import { CallTools } from "./tools/of-call.ts";

export interface ModelCall {
  readonly request: WholeRequest;
  readonly tools: CallTools;
  readonly warnings: SharedV4Warning[];
}

/** Settings of the SDK that the Responses API does not have. */
const UNSUPPORTED = ["topK", "seed", "presencePenalty", "frequencyPenalty", "stopSequences"] as const;

/** A call of the SDK as a request. */
export function modelCall(modelId: string, options: LanguageModelV4CallOptions, defaults: RequestDefaults): ModelCall {
  const warnings: SharedV4Warning[] = [];
  for (const feature of UNSUPPORTED) {
    if (options[feature] !== undefined) warnings.push({ type: "unsupported", feature });
  }
  const openai = openaiOptions(options, warnings);
  const tools = new CallTools(options.tools, warnings);
  const { instructions, input } = inputOfPrompt(options.prompt, tools, warnings);
  const told = merged(merged(defaults as JsonObject, openai.fields), options.providerOptions?.[PROVIDER] ?? {});
  const request = {
    model: modelId,
    ...(instructions === undefined ? {} : { instructions }),
    ...given({
      max_output_tokens: options.maxOutputTokens,
      tools: tools.tools.length > 0 ? tools.tools : undefined,
      tool_choice: tools.tools.length > 0 ? tools.choice(options.toolChoice, openai.allowedTools) : undefined,
    }),
    ...merged(settings(options, openai), told),
    input: [...openai.before, ...input, ...openai.behind],
  };
  const whole = withSampling(request as unknown as WholeRequest, options, warnings);
  return { request: withIncluded(whole, openai), tools, warnings };
}

function settings(
  { responseFormat, reasoning }: LanguageModelV4CallOptions,
  { strictJsonSchema: strict }: OpenaiOptions,
): JsonObject {
  return given({
    reasoning:
      reasoning === undefined || reasoning === "provider-default"
        ? undefined
        : given({ effort: reasoning, summary: summaryFor(reasoning) }),
    text:
      responseFormat?.type === "json"
        ? {
            format: responseFormat.schema
              ? given({
                  type: "json_schema",
                  name: responseFormat.name ?? "response",
                  strict,
                  schema: responseFormat.schema,
                  description: responseFormat.description,
                })
              : { type: "json_object" },
          }
        : undefined,
  });
}

/** Later fields take precedence; `reasoning` and `text` are merged. */
function merged(first: JsonObject, second: JsonObject): JsonObject {
  const both = { ...first, ...second };
  for (const name of ["reasoning", "text"]) {
    if (first[name] && second[name])
      Object.assign(both, { [name]: { ...(first[name] as object), ...(second[name] as object) } });
  }
  return both;
}

/** Models that do not accept reasoning options. */
const DOES_NOT_REASON = /^(gpt-3|gpt-4|chatgpt|gpt-5(\.\d)?-chat)/;

/** Models that refuse a temperature while they reason. Nothing is known about models of other providers. */
const SAMPLES_BY_ITSELF = /^(o\d|gpt-[5-9])(?!.*-chat)/;

function withSampling(
  request: WholeRequest,
  { temperature, topP: top_p }: LanguageModelV4CallOptions,
  warnings: SharedV4Warning[],
): WholeRequest {
  if (request.reasoning?.effort === "none" || !SAMPLES_BY_ITSELF.test(request.model ?? ""))
    return { ...given({ temperature, top_p }), ...request } as WholeRequest;
  const details = "reasoning models accept it only with the effort none";
  if (temperature !== undefined) warnings.push({ type: "unsupported", feature: "temperature", details });
  if (top_p !== undefined) warnings.push({ type: "unsupported", feature: "topP", details });
  return request;
}

/** What the results of hosted tools must contain, because parts of the SDK show it. */
const INCLUDED_WITH: ReadonlyMap<string, string> = new Map([
  ["web_search", "web_search_call.action.sources"],
  ["web_search_preview", "web_search_call.action.sources"],
  ["code_interpreter", "code_interpreter_call.outputs"],
]);

/**
 * An unstored conversation can continue only with its reasoning, which the service returns encrypted and only on request. With `include:
 * null` nothing is requested.
 */
function withIncluded(request: WholeRequest, { forceReasoning, includeWebSearchSources }: OpenaiOptions): WholeRequest {
  if (request.include === null) return request;
  const include = new Set<string>(request.include);
  for (const { type } of request.tools ?? []) {
    const wanted = INCLUDED_WITH.get(type);
    if (wanted !== undefined && (includeWebSearchSources || !type.startsWith("web_search"))) include.add(wanted);
  }
  if (request.store !== true && (forceReasoning || !DOES_NOT_REASON.test(request.model ?? "")))
    include.add("reasoning.encrypted_content");
  return { ...request, include: [...include] };
}
