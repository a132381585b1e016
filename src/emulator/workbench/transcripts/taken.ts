import { ServiceError } from "../../service-error.ts";
import type { ExchangeHead } from "../exchanges/passed.ts";
import type { Replay } from "./replay.ts";
import type { Transcript } from "./transcript.ts";

/** @throws {@link ServiceError} 404 with what there was for the request. */
export function taken(recordings: Replay, asked: ExchangeHead): Transcript {
  try {
    return recordings.take(asked);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ServiceError(404, { message, code: "replay_no_match" });
  }
}
