import { type Fields, fieldsIn, isFields, listIn, stringIn } from "../fields.ts";
import { readDialogue } from "../model/dialogue.ts";
import { quote } from "../model/topics.ts";
import { required } from "../responses/request.ts";
import { missing } from "../validation/faults.ts";

/**
 * Answers `memories/trace_summarize`: one summary for each trace, in order.
 *
 * @throws {@link ServiceError} 400
 */
export function summarizeTraces(body: Fields): Fields {
  required(body, "model");
  const { traces } = body;
  if (!Array.isArray(traces) || !traces.every(isFields)) throw missing("traces");
  return { output: traces.map((trace) => summarize(trace)) };
}

function summarize(trace: Fields): Fields {
  const items = listIn(trace, "items");
  const { prompt, earlierPrompts } = readDialogue(items);
  const source = stringIn(fieldsIn(trace, "metadata") ?? {}, "source_path") ?? "an unnamed trace";
  const prompts = [...earlierPrompts, prompt].filter((text) => text !== "");
  return {
    trace_summary: `${source}: ${items.length} items, ${prompts.length} from the user.`,
    memory_summary: prompts.length === 0 ? "Nothing to remember." : `The user asked: ${prompts.map(quote).join("; ")}.`,
  };
}
