import { CodexApiError } from "../../refusal/kinds.ts";
import { cancelStored } from "../stored/calls.ts";
import type { StoredSource } from "./source.ts";

/** Cancels a response that its reader has left. Never rejects: the reader no longer waits for a result, so a failure is logged. */
export async function cancelLeft({ service, scope, headers }: StoredSource, id: string | undefined): Promise<void> {
  const { logger } = scope.observer;
  if (id === undefined) {
    logger.warn({}, "the reader left a background response before its id was known: it cannot be cancelled");
    return;
  }
  try {
    await cancelStored(service, id, { headers });
  } catch (error) {
    const reason = CodexApiError.is(error) ? error.kind : "unknown";
    logger.warn({ responseId: id, reason }, "the reader left a background response, and cancelling it failed");
  }
}

/** What becomes of a response that was left, for messages. */
export function fateOf(id: string | undefined, cancelOnLeave: boolean | undefined): string {
  if (id === undefined)
    return "whether the response continues in the background is unknown, because its id had not arrived";
  if (cancelOnLeave) return `response ${id} is cancelled`;
  return `response ${id} continues in the background: resume reads it further, cancel ends it`;
}
