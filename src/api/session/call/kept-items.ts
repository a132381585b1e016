import type { ResponseItem } from "../../wire/items.ts";

/**
 * How many items that a broken stream has finished can go into the input of the next attempt: all before the first call that waits for the
 * caller's output. The service refuses a call without its output, so that call and all items after it are requested again.
 *
 * @see The Rust client keeps every finished item, because it runs the tools meanwhile and so has their outputs.
 */
export function keptItemCount(finished: readonly ResponseItem[]): number {
  const firstCall = finished.findIndex(awaitsOutput);
  return firstCall === -1 ? finished.length : firstCall;
}

/** Calls that the service runs itself have no `call_id`. The output of a call marked `async` may come in a later request. */
function awaitsOutput(item: ResponseItem): boolean {
  const type: string = item.type;
  if ("async" in item && item.async === true) return false;
  if (type === "local_shell_call") return true;
  return "call_id" in item && typeof item.call_id === "string" && !type.endsWith("_output");
}

/**
 * True if the items of a response end with its answer: a message, unless its `phase` marks it as a remark between tool calls. An item after
 * a call that waits for its output is never the answer.
 */
export function endsWithAnswer(finished: readonly ResponseItem[]): boolean {
  const last = finished.at(-1);
  if (last?.type !== "message" || last.role !== "assistant" || keptItemCount(finished) < finished.length) return false;
  const phase = last.phase ?? "final_answer";
  return last.end_turn !== false && phase === "final_answer";
}
