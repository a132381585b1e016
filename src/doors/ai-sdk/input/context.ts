import type { SharedV4Warning } from "@ai-sdk/provider";
import type { CallTools } from "../tools.ts";

/** Of each call so far, the type of its item; undefined where the service ran it, and so needs no output. */
export type CallTypes = Map<string, string | undefined>;

/** What the messages of one prompt have in common. */
export interface PromptContext {
  readonly tools: CallTools;
  readonly warnings: SharedV4Warning[];
  readonly calls: CallTypes;
}
