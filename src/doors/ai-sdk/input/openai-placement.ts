import type { SharedV4ProviderOptions } from "@ai-sdk/provider";
import type { JsonObject, ResponseItem } from "../../../index.ts";
import { asItem } from "../carried.ts";

// `providerOptions.openai` of a message or a part, in the names of `@ai-sdk/openai`: options whose place in the history matters.

/** Items that the options add at their place: tools, and a change of the effort or the format for what follows. */
export function placedItems(options: SharedV4ProviderOptions | undefined): ResponseItem[] {
  const { reasoningEffortUpdate: effort, textFormatUpdate: format, additionalTools: tools } = options?.openai ?? {};
  const update = { ...(effort && { reasoning: { effort } }), ...(format && { text: { format } }) };
  return [
    ...(effort || format ? [asItem({ type: "configuration_update", ...update })] : []),
    ...(Array.isArray(tools) && tools.length > 0
      ? [asItem({ type: "additional_tools", role: "developer", tools })]
      : []),
  ];
}

/** Where the cached beginning of a request ends, as a field of the text or file there. */
export function cacheBreakpoint(options: SharedV4ProviderOptions | undefined): JsonObject {
  const { promptCacheBreakpoint } = options?.openai ?? {};
  return promptCacheBreakpoint ? { prompt_cache_breakpoint: promptCacheBreakpoint } : {};
}

/** True for a system message that must stay where it is, since it is more than a text. */
export function hasPlace(options: SharedV4ProviderOptions | undefined): boolean {
  return placedItems(options).length > 0 || Object.keys(cacheBreakpoint(options)).length > 0;
}
