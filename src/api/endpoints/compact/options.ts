import type { Compression } from "../../../client/compression.ts";
import { knownOptions, oneOf } from "../../../client/options.ts";
import {
  CONVERSATION_NAMES,
  type ConversationOptions,
  UNARY_NAMES,
  type UnaryOptions,
} from "../../service/call-options.ts";

const FORMS = ["endpoint", "trigger"] as const;

/**
 * How compaction is requested. `endpoint`: `POST responses/compact`, which returns a whole history. `trigger`: an ordinary response whose
 * input ends with `{"type":"compaction_trigger"}`, which returns one `compaction` item; the Rust client does this since mid-2026.
 */
export type CompactionForm = (typeof FORMS)[number];

/** Options of a compaction. The Rust client sends `sessionSource: "compact"` here. */
export interface CompactOptions extends UnaryOptions, ConversationOptions {
  /** How compaction is requested. @default `"endpoint"` */
  readonly form?: CompactionForm | undefined;
  /** Coding of the body in the form `trigger`. @default the provider's */
  readonly compression?: Compression | undefined;
}

export const checkCompactOptions = knownOptions<CompactOptions>("the options of compact", {
  ...UNARY_NAMES,
  ...CONVERSATION_NAMES,
  form: true,
  compression: true,
});

/** @throws {@link BuildError} The value is invalid. */
export function checkedForm(form: CompactionForm = "endpoint"): CompactionForm {
  return oneOf("form", form, FORMS);
}
