import { withoutUndefined } from "../../../client/options.ts";
import type { AnswerReader } from "../../wire/answer-reader.ts";
import { textOf } from "../../wire/json.ts";
import { fallbackModelInfo, type ModelInfo } from "./info.ts";
import {
  availabilityNotice,
  flag,
  integer,
  modelMessages,
  reasoningLevels,
  texts,
  truncationPolicy,
  upgrade,
} from "./readers.ts";

/** Called with the place of each value that could not be read, e.g. `models[2].priority`. */
export type UnreadableListener = (place: string) => void;

/**
 * The models of an answer to `GET models`.
 *
 * A value that is new, missing or of the wrong type affects only itself: a text is kept as received, anything else becomes the field's
 * default, and undocumented fields are kept. Only an entry without a `slug` is an error, because it may not be a model at all.
 *
 * The public API's own list (`{"object":"list","data":[{"id":…}]}`) is read too: it has names only, and the facts are those of an unknown
 * model.
 *
 * @throws {@link ProtocolError} The answer is not a list of models, or an entry has no `slug`.
 * @see The Rust client rejects the whole list because of one unknown value (parity: `models/unknown-value`) and does not read the public
 *   API's list (parity: `models/public-list`).
 */
export function decodeModels(answer: AnswerReader, onUnreadable: UnreadableListener = () => {}): ModelInfo[] {
  const { models, data } = answer.fields;
  if (models === undefined && Array.isArray(data)) return answer.objects("data", decodePublicEntry);
  return answer.objects("models", (entry) => decodeModel(entry, onUnreadable));
}

// If a known model has no context window, none is made up.
const { context_window: _forUnknownModels, ...byDefault } = fallbackModelInfo("");

function decodeModel(answer: AnswerReader, onUnreadable: UnreadableListener): ModelInfo {
  const entry = answer.fields;
  const slug = answer.text("slug");
  const read = <Value, Default>(
    name: string,
    accept: (value: unknown) => Value | undefined,
    missing: Default,
  ): Value | Default => {
    const value = entry[name];
    if (value === undefined || value === null) return missing;
    const accepted = accept(value);
    if (accepted !== undefined) return accepted;
    onUnreadable(answer.pathOf(name));
    return missing;
  };
  return withoutUndefined({
    ...entry,
    slug,
    display_name: read("display_name", textOf, slug),
    description: read("description", textOf, undefined),
    default_reasoning_level: read("default_reasoning_level", textOf, undefined),
    supported_reasoning_levels: read("supported_reasoning_levels", reasoningLevels, []),
    shell_type: read("shell_type", textOf, byDefault.shell_type),
    visibility: read("visibility", textOf, byDefault.visibility),
    supported_in_api: read("supported_in_api", flag, byDefault.supported_in_api),
    priority: read("priority", integer, byDefault.priority),
    availability_nux: read("availability_nux", availabilityNotice, undefined),
    upgrade: read("upgrade", upgrade, undefined),
    base_instructions: read("base_instructions", textOf, ""),
    model_messages: read("model_messages", modelMessages, undefined),
    supports_reasoning_summaries: read("supports_reasoning_summaries", flag, false),
    default_reasoning_summary: read("default_reasoning_summary", textOf, byDefault.default_reasoning_summary),
    support_verbosity: read("support_verbosity", flag, false),
    default_verbosity: read("default_verbosity", textOf, undefined),
    apply_patch_tool_type: read("apply_patch_tool_type", textOf, undefined),
    web_search_tool_type: read("web_search_tool_type", textOf, byDefault.web_search_tool_type),
    truncation_policy: read("truncation_policy", truncationPolicy, byDefault.truncation_policy),
    supports_parallel_tool_calls: read("supports_parallel_tool_calls", flag, false),
    supports_image_detail_original: read("supports_image_detail_original", flag, false),
    context_window: read("context_window", integer, undefined),
    auto_compact_token_limit: read("auto_compact_token_limit", integer, undefined),
    effective_context_window_percent: read(
      "effective_context_window_percent",
      integer,
      byDefault.effective_context_window_percent,
    ),
    experimental_supported_tools: read("experimental_supported_tools", texts, []),
    input_modalities: read("input_modalities", texts, byDefault.input_modalities),
    supports_search_tool: read("supports_search_tool", flag, false),
    used_fallback_model_metadata: false,
  });
}

function decodePublicEntry(entry: AnswerReader): ModelInfo {
  return { ...entry.fields, ...fallbackModelInfo(entry.text("id")) };
}
