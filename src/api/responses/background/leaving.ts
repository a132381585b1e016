import { CodexApiError } from "../../refusal/kinds.ts";
import { cancelStored } from "../stored/calls.ts";
import type { StoredSource } from "./source.ts";

/** Cancels a response that its reader has left. Never rejects: nobody waits for an answer any more, so a failure is logged. */
export async function cancelLeft({ service, part, headers }: StoredSource, id: string | undefined): Promise<void> {
  const { logger } = part.observer;
  if (id === undefined) {
    logger.warn({}, "a background response was left before it told its id: it cannot be cancelled");
    return;
  }
  try {
    await cancelStored(service, id, { headers });
  } catch (error) {
    const reason = CodexApiError.is(error) ? error.kind : "unknown";
    logger.warn({ responseId: id, reason }, "a background response that was left could not be cancelled");
  }
}

/** What becomes of a response that was left, for messages. */
export function fateOf(id: string | undefined, cancelOnLeave: boolean | undefined): string {
  if (id === undefined)
    return "whether the response goes on in the background is not known, since it had not told its id";
  if (cancelOnLeave) return `response ${id} is cancelled`;
  return `response ${id} goes on in the background: resume takes it up, cancel ends it`;
}
