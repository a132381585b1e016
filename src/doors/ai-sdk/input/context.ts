import type { SharedV4Warning } from "@ai-sdk/provider";
import type { CallTools } from "../tools/of-call.ts";

/** The item type of each call so far; undefined if the service ran it, so it needs no output. */
export type CallTypes = Map<string, string | undefined>;

/** What the messages of one prompt share. */
export interface PromptContext {
  readonly tools: CallTools;
  readonly warnings: SharedV4Warning[];
  readonly calls: CallTypes;
}
