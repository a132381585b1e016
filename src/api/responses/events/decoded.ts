import type { StreamDeviation } from "../../../client/observe/telemetry.ts";
import type { CodexFailure } from "../../refusal/kinds.ts";
import type { ResponseEnd } from "../received/received.ts";
import type { CompletedEvent, IncompleteEvent, ServedEvent } from "./types.ts";

/** The stream ends with this error. */
export interface FailedOutcome extends ResponseEnd {
  readonly type: "failed";
  readonly error: CodexFailure;
}

/** The response is over. */
export interface EndEvent {
  readonly type: "end";
  readonly outcome: CompletedEvent | IncompleteEvent | FailedOutcome;
  /** The whole output where the service repeats it. */
  readonly output: readonly unknown[];
  /** What of the event had to be guessed at or done without. */
  readonly deviations: readonly StreamDeviation["what"][];
}

/** What elsewhere is in the response headers, told in the middle of a stream. */
export interface MetadataEvent {
  readonly type: "metadata";
  readonly headers: unknown;
  readonly turnState?: string;
  /** What of it is for the caller. */
  readonly events: readonly ServedEvent[];
}

/** A whole text: news where no piece of it came before. */
export interface WholeTextEvent {
  readonly type: "whole_text";
  /** The piece that it amounts to. */
  readonly piece: ServedEvent & { readonly type: "output_text.delta" | "refusal.delta"; readonly delta: string };
}

/** Nothing for the caller; the stream goes on. */
export interface SkippedWireEvent {
  readonly type: "skipped";
  readonly reason: "unknown type" | "missing field";
}

/** What one wire event means. */
export type DecodedEvent = ServedEvent | EndEvent | MetadataEvent | WholeTextEvent | SkippedWireEvent;

// Shared: most events of a stream are skipped, and none of them should cost an object.
export const UNKNOWN_TYPE: SkippedWireEvent = Object.freeze({ type: "skipped", reason: "unknown type" });
export const MISSING_FIELD: SkippedWireEvent = Object.freeze({ type: "skipped", reason: "missing field" });
