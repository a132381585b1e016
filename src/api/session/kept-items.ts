import type { ResponseItem } from "../wire/items.ts";

/**
 * How many of the items that a broken stream has finished can stand in the input of the next try: all before the first call that waits for
 * the caller's output. A call without its output is refused, so it is asked for again, with all that follows it.
 *
 * @see The reference keeps every finished item, because it runs the tools meanwhile and so has their outputs.
 */
export function keptItemCount(finished: readonly ResponseItem[]): number {
  const firstCall = finished.findIndex(awaitsOutput);
  return firstCall === -1 ? finished.length : firstCall;
}

/** Calls that the service runs itself have no `call_id`; the output of a call marked `async` may come in a later request. */
function awaitsOutput(item: ResponseItem): boolean {
  const type: string = item.type;
  if ("async" in item && item.async === true) return false;
  if (type === "local_shell_call") return true;
  return "call_id" in item && typeof item.call_id === "string" && !type.endsWith("_output");
}

/**
 * Do the items of a response end with its answer? A message is one, unless it says that it goes on: a remark between tool calls has a phase of its
 * own. Behind a call that waits for its output nothing is.
 */
export function endsWithAnswer(finished: readonly ResponseItem[]): boolean {
  const last = finished.at(-1);
  if (last?.type !== "message" || last.role !== "assistant" || keptItemCount(finished) < finished.length) return false;
  const phase = last.phase ?? "final_answer";
  return last.end_turn !== false && phase === "final_answer";
}
