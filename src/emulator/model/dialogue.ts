import { type Fields, listIn, stringIn } from "../fields.ts";
import type { Question } from "./topics.ts";

/** A conversation as the model sees it. */
export interface Dialogue extends Question {
  /** The result of the model's last call, when nothing has been said since. */
  readonly toolOutput: { readonly name: string | undefined; readonly text: string } | undefined;
}

// What a client adds to the user's own words: context in tags, such as <environment_context>.
const CONTEXT = /^\s*<([a-z_]+)>[\s\S]*<\/\1>\s*$/;

export function readDialogue(conversation: readonly Fields[]): Dialogue {
  const userMessages = conversation.filter((item) => item.role === "user" && isMessage(item));
  const prompts = userMessages.map(textOf).filter((text) => !CONTEXT.test(text));
  const newest = userMessages.at(-1);
  return {
    prompt: prompts.at(-1) ?? "",
    earlierPrompts: prompts.slice(0, -1),
    imageCount: newest ? listIn(newest, "content").filter((part) => part.type === "input_image").length : 0,
    toolOutput: newestToolOutput(conversation),
  };
}

function newestToolOutput(conversation: readonly Fields[]): Dialogue["toolOutput"] {
  const last = conversation.at(-1);
  if (!last || (last.type !== "function_call_output" && last.type !== "custom_tool_call_output")) return undefined;
  const call = conversation.find((item) => item.call_id === last.call_id && typeof item.name === "string");
  return { name: call && stringIn(call, "name"), text: stringIn(last, "output") ?? partsText(listIn(last, "output")) };
}

function isMessage(item: Fields): boolean {
  return item.type === undefined || item.type === "message";
}

function textOf(message: Fields): string {
  return stringIn(message, "content") ?? partsText(listIn(message, "content"));
}

function partsText(parts: readonly Fields[]): string {
  return parts
    .map((part) => stringIn(part, "text") ?? "")
    .filter((text) => text !== "")
    .join("\n");
}
