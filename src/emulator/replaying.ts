import { ServiceError } from "./service-error.ts";
import type { Replay } from "./workbench/replay.ts";
import type { ExchangeHead } from "./workbench/traffic.ts";
import type { Transcript } from "./workbench/transcript.ts";

/** @throws {@link ServiceError} 404 with what there was for the request. */
export function taken(recordings: Replay, asked: ExchangeHead): Transcript {
  try {
    return recordings.take(asked);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ServiceError(404, { message, code: "replay_no_match" });
  }
}
