import { type Fields, isFields, listIn, stringIn } from "../fields.ts";
import { type CompactedPast, decodeCompaction, isCompaction } from "./compaction.ts";
import type { Question } from "./topics.ts";

/** A conversation as the model sees it. */
export interface Dialogue extends Question {
  /** The results of the model's last calls, if nothing was said since. */
  readonly toolOutputs: readonly ToolOutput[];
  /** The user's answer to a request for approval, if it is the last item. */
  readonly approval: { readonly requestId: string; readonly approved: boolean; readonly request: Fields } | undefined;
  /** True if everything the user said is in a compaction, so there is nothing new to do. */
  readonly isSettled: boolean;
}

interface ToolOutput {
  readonly name: string | undefined;
  readonly text: string;
}

// Text that clients add to the user's own: context in tags, such as <environment_context>.
const CONTEXT = /^\s*<([a-z_]+)>[\s\S]*<\/\1>\s*$/;
const OUTPUT = /_output$/;
const NOT_SAID = new Set(["additional_tools", "reasoning", "item_reference", "compaction_trigger"]);

export function readDialogue(conversation: readonly Fields[]): Dialogue {
  const compactedAt = conversation.findLastIndex(isCompaction);
  const past = pastOf(conversation[compactedAt]);
  const userMessages = conversation.filter((item) => item.role === "user" && isMessage(item));
  const kept = userMessages.map(textOf).filter((text) => !CONTEXT.test(text));
  const prompts = [...past.prompts.filter((text) => !kept.includes(text)), ...kept];
  const newest = userMessages.at(-1);
  const said = conversation.slice(compactedAt + 1).filter((item) => !NOT_SAID.has(stringIn(item, "type") ?? ""));
  const toolOutputs = said.length === 0 && past.toolOutput ? [past.toolOutput] : newestToolOutputs(said, conversation);
  return {
    prompt: prompts.at(-1) ?? "",
    earlierPrompts: prompts.slice(0, -1),
    imageCount: newest ? listIn(newest, "content").filter((part) => part.type === "input_image").length : 0,
    toolOutputs,
    approval: newestApproval(conversation),
    isSettled: compactedAt !== -1 && said.length === 0 && toolOutputs.length === 0,
  };
}

/**
 * Text of the newest user message in the conversation that a request belongs to; empty if there is none.
 *
 * @param body - Body of the request, which may contain only the new items.
 * @param before - Returns the earlier items; called only if the request has no such message.
 */
export function newestUserText(body: unknown, before: () => readonly Fields[] = () => []): string {
  if (!isFields(body)) return "";
  if (typeof body.input === "string") return body.input;
  const isUsers = ({ role }: Fields) => role === "user";
  const message = listIn(body, "input").findLast(isUsers) ?? before().findLast(isUsers);
  return message ? textOf(message) : "";
}

/** What a compaction of this conversation keeps. */
export function pastIn(conversation: readonly Fields[]): CompactedPast {
  const said = conversation.filter((item) => item.type !== "compaction_trigger");
  const { prompt, earlierPrompts, toolOutputs } = readDialogue(said);
  const callIds = said
    .filter((item) => OUTPUT.test(stringIn(item, "type") ?? ""))
    .map((item) => stringIn(item, "call_id") ?? "");
  const last = toolOutputs.at(-1);
  return {
    prompts: [...earlierPrompts, prompt].filter((text) => text !== ""),
    ...(last && { toolOutput: { name: last.name, text: toolOutputs.map(({ text }) => text).join("\n") } }),
    callIds: [...pastOf(said.findLast(isCompaction)).callIds, ...callIds],
  };
}

const NO_PAST: CompactedPast = { prompts: [], callIds: [] };

function pastOf(compaction: Fields | undefined): CompactedPast {
  return (compaction && decodeCompaction(compaction)) ?? NO_PAST;
}

function newestToolOutputs(said: readonly Fields[], conversation: readonly Fields[]): readonly ToolOutput[] {
  const lastOther = said.findLastIndex((item) => !OUTPUT.test(stringIn(item, "type") ?? ""));
  return said.slice(lastOther + 1).map((output) => {
    const call = conversation.find((item) => item.call_id === output.call_id && typeof item.name === "string");
    return { name: call && stringIn(call, "name"), text: outputText(output.output) };
  });
}

function newestApproval(conversation: readonly Fields[]): Dialogue["approval"] {
  const last = conversation.at(-1);
  if (last?.type !== "mcp_approval_response") return undefined;
  const request = conversation.find((item) => item.id === last.approval_request_id);
  return request && { requestId: stringIn(request, "id") ?? "", approved: last.approve === true, request };
}

function outputText(output: unknown): string {
  if (typeof output === "string") return output;
  const parts = listIn({ output }, "output");
  return parts
    .map((part) => stringIn(part, "text") ?? stringIn(part, "stdout") ?? "")
    .filter((text) => text !== "")
    .join("\n");
}

function isMessage(item: Fields): boolean {
  return item.type === undefined || item.type === "message";
}

/** Text of a message, one line for each part. */
export function textOf(message: Fields): string {
  const parts = listIn(message, "content").map((part) => stringIn(part, "text") ?? "");
  return stringIn(message, "content") ?? parts.filter((text) => text !== "").join("\n");
}
