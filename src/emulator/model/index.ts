// The emulated model: it turns a request and its conversation into the items of an answer, the same ones every time.
// It knows prompts, tools and schemas; it must not know events, ids, carriers or time.
// Start at `think`, then `topics.ts` for what it can talk about.
import { type Fields, fieldsIn, stringIn } from "../fields.ts";
import { type Dialogue, readDialogue } from "./dialogue.ts";
import { valueFor } from "./schema-values.ts";
import { chooseToolCall, type ToolCall } from "./tools.ts";
import { answerText, quote, topicOf } from "./topics.ts";

/** An output item before it has an id. */
export type Draft =
  | { readonly type: "reasoning"; readonly summary: readonly string[]; readonly tokens: number }
  | { readonly type: "message"; readonly text: string }
  | { readonly type: "compaction"; readonly encryptedContent: string }
  | ToolCall;

const REASONING_TOKENS: ReadonlyMap<string, number> = new Map([
  ["low", 64],
  ["medium", 128],
  ["high", 320],
  ["xhigh", 640],
]);
const NO_REASONING = new Set(["none", "minimal"]);

/**
 * @param body - the request.
 * @param conversation - everything said so far, oldest first, the request's own input included.
 */
export function think(body: Fields, conversation: readonly Fields[]): readonly Draft[] {
  if (conversation.at(-1)?.type === "compaction_trigger") return [compact(conversation)];
  const dialogue = readDialogue(conversation);
  const reasoning = reason(body, dialogue);
  if (dialogue.toolOutput) return [...reasoning, { type: "message", text: textFor(body, dialogue) }];
  const call = chooseToolCall(body, { prompt: dialogue.prompt, answer: answerText(dialogue) });
  return [...reasoning, call ?? { type: "message", text: textFor(body, dialogue) }];
}

/** What a compaction leaves of a conversation; readable, since the emulator has no secrets. */
export function compact(conversation: readonly Fields[]): Draft & { readonly type: "compaction" } {
  const { prompt, earlierPrompts } = readDialogue(conversation);
  const prompts = [...earlierPrompts, prompt].filter((text) => text !== "").map(quote);
  const summary = prompts.length === 0 ? "Nothing was said." : `The user said: ${prompts.join("; ")}.`;
  return { type: "compaction", encryptedContent: Buffer.from(summary, "utf8").toString("base64url") };
}

function reason(body: Fields, dialogue: Dialogue): readonly Draft[] {
  const asked = fieldsIn(body, "reasoning");
  const effort = asked && (stringIn(asked, "effort") ?? "medium");
  if (!asked || effort === undefined || NO_REASONING.has(effort)) return [];
  const wantsSummary = stringIn(asked, "summary") ?? "none";
  const summary = wantsSummary === "none" ? [] : [`**Reading the question**\n\n${thought(dialogue)}`];
  return [{ type: "reasoning", summary, tokens: REASONING_TOKENS.get(effort) ?? 128 }];
}

function thought(dialogue: Dialogue): string {
  if (dialogue.toolOutput)
    return `The tool has answered: ${quote(dialogue.toolOutput.text)}. I only need to pass it on.`;
  const topic = topicOf(dialogue);
  const found =
    topic === undefined
      ? "I know nothing about it, so I will play with the words"
      : `This is about ${topic}, which I know`;
  return `The user wrote ${quote(dialogue.prompt)}. ${found}.`;
}

function textFor(body: Fields, dialogue: Dialogue): string {
  const plain = dialogue.toolOutput ? reportOf(dialogue.toolOutput) : answerText(dialogue);
  const format = fieldsIn(fieldsIn(body, "text") ?? {}, "format") ?? {};
  if (format.type === "json_object") return JSON.stringify({ answer: plain });
  const schema = format.type === "json_schema" ? fieldsIn(format, "schema") : undefined;
  return schema ? JSON.stringify(valueFor(schema, { prompt: dialogue.prompt, answer: plain })) : plain;
}

function reportOf({ name, text }: { readonly name: string | undefined; readonly text: string }): string {
  const tool = name === undefined ? "The tool" : `The tool ${name}`;
  return text.trim() === "" ? `${tool} came back with nothing.` : `${tool} answered: ${text.trim()}`;
}
