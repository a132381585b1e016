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
 * How compaction is asked for. `endpoint`: `POST responses/compact`, answered by a whole history. `trigger`: an ordinary response whose
 * input ends with `{"type":"compaction_trigger"}`, answered by one `compaction` item; what the Rust client does since mid-2026.
 */
export type CompactionForm = (typeof FORMS)[number];

/** The Rust client's `sessionSource` here is `compact`. */
export interface CompactOptions extends UnaryOptions, ConversationOptions {
  /** Default `endpoint`. */
  readonly form?: CompactionForm | undefined;
  /** Coding of the body of a `trigger`; default the provider's. */
  readonly compression?: Compression | undefined;
}

export const checkCompactOptions = knownOptions<CompactOptions>("the options of compact", {
  ...UNARY_NAMES,
  ...CONVERSATION_NAMES,
  form: true,
  compression: true,
});

/** @throws {@link BuildError} It is none of them. */
export function checkedForm(form: CompactionForm = "endpoint"): CompactionForm {
  return oneOf("form", form, FORMS);
}
