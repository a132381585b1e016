import { type Fields, fieldsIn, isFields, stringIn } from "../fields.ts";

/** What a compaction keeps of a conversation. The emulator has no secrets, so it is JSON in base64url, with a marker. */
export interface CompactedPast {
  /** What the user said, oldest first. */
  readonly prompts: readonly string[];
  /** The result of the call that the conversation ended with, if nothing was said since. */
  readonly toolOutput?: { readonly name: string | undefined; readonly text: string } | undefined;
  /** The ids of calls that have their output, so that a later output is not rejected. */
  readonly callIds: readonly string[];
}

const MARK = "cw1.";

export function encodeCompaction(past: CompactedPast): string {
  return MARK + Buffer.from(JSON.stringify(past), "utf8").toString("base64url");
}

/** Undefined for a compaction from elsewhere, whose content is unknown. */
export function decodeCompaction(item: Fields): CompactedPast | undefined {
  const sealed = stringIn(item, "encrypted_content") ?? "";
  if (!sealed.startsWith(MARK)) return undefined;
  try {
    const past: unknown = JSON.parse(Buffer.from(sealed.slice(MARK.length), "base64url").toString("utf8"));
    if (!isFields(past)) return undefined;
    const toolOutput = fieldsIn(past, "toolOutput");
    return {
      prompts: stringsIn(past.prompts),
      callIds: stringsIn(past.callIds),
      ...(toolOutput && {
        toolOutput: { name: stringIn(toolOutput, "name"), text: stringIn(toolOutput, "text") ?? "" },
      }),
    };
  } catch {
    return undefined;
  }
}

export function isCompaction(item: Fields): boolean {
  return item.type === "compaction" || item.type === "compaction_summary" || item.type === "context_compaction";
}

function stringsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((text) => typeof text === "string") : [];
}
