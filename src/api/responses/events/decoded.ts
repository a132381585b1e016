import type { StreamDeviation } from "../../../client/observe/telemetry.ts";
import type { CodexFailure } from "../../refusal/kinds.ts";
import type { ResponseEnd } from "../received/received.ts";
import type { CompletedEvent, DeltaEvent, IncompleteEvent, ServedEvent } from "./types.ts";

/** The stream ends with this error. */
export interface FailedOutcome extends ResponseEnd {
  readonly type: "failed";
  readonly error: CodexFailure;
}

/** The response is over. */
export interface EndEvent {
  readonly type: "end";
  readonly outcome: CompletedEvent | IncompleteEvent | FailedOutcome;
  /** The whole output, if the service repeats it. */
  readonly output: readonly unknown[];
  /** What had to be guessed or was missing. */
  readonly deviations: readonly StreamDeviation["what"][];
}

/** Information that other services put into response headers, sent inside the stream. */
export interface MetadataEvent {
  readonly type: "metadata";
  readonly headers: unknown;
  readonly turnState?: string;
  /** The events for the caller. */
  readonly events: readonly ServedEvent[];
}

/** A complete text. It is new to the reader only if no delta brought it before. */
export interface WholeTextEvent {
  readonly type: "whole_text";
  /** The delta event that it is equal to. */
  readonly piece: ServedEvent & DeltaEvent;
}

/** Yields nothing for the caller. */
export interface SkippedWireEvent {
  readonly type: "skipped";
  readonly reason: "unknown type" | "missing field";
}

/** What one wire event means. */
export type DecodedEvent = ServedEvent | EndEvent | MetadataEvent | WholeTextEvent | SkippedWireEvent;

// Shared objects, because most events of a stream are skipped and should not cost an allocation.
export const UNKNOWN_TYPE: SkippedWireEvent = Object.freeze({ type: "skipped", reason: "unknown type" });
export const MISSING_FIELD: SkippedWireEvent = Object.freeze({ type: "skipped", reason: "missing field" });
