// The emulated model: it turns a request and its conversation into the items of an answer, always the same ones.
// It knows prompts, tools and schemas; it must not know events, ids, carriers or time.
// Start at `think`, then `topics.ts` for what it can talk about.
import { type Fields, fieldsIn, stringIn } from "../fields.ts";
import { encodeCompaction } from "./compaction.ts";
import { type Dialogue, pastIn, readDialogue } from "./dialogue.ts";
import type { Draft } from "./draft.ts";
import { goOnAfterApproval, hostedTools, playHostedTool } from "./hosted-tools.ts";
import { valueFor } from "./schema-values.ts";
import { chooseToolCalls, declaredTools } from "./tools.ts";
import { answerText, quote, refusalOf, topicOf } from "./topics.ts";

const REASONING_TOKENS: ReadonlyMap<string, number> = new Map([
  ["low", 64],
  ["medium", 128],
  ["high", 320],
  ["xhigh", 640],
  ["max", 1280],
]);
const NO_REASONING = new Set(["none", "minimal"]);

/**
 * @param body - the request.
 * @param conversation - everything said so far, oldest first, the request's own input included.
 */
export function think(body: Fields, conversation: readonly Fields[]): readonly Draft[] {
  if (conversation.at(-1)?.type === "compaction_trigger") return [compact(conversation)];
  const dialogue = readDialogue(conversation);
  return [...reason(body, dialogue), ...act(body, conversation, dialogue)];
}

function act(body: Fields, conversation: readonly Fields[], dialogue: Dialogue): readonly Draft[] {
  if (dialogue.toolOutputs.length > 0 || dialogue.isSettled)
    return [{ type: "message", text: textFor(body, dialogue) }];
  const declared = declaredTools(body, conversation);
  const played = goOnAfterApproval(dialogue) ?? playHostedTool(body, hostedTools(declared), dialogue);
  if (played) {
    const { drafts, text, citations } = played;
    return [
      ...drafts,
      ...(text === undefined ? [] : [{ type: "message" as const, text, ...(citations && { citations }) }]),
    ];
  }
  const calls = chooseToolCalls(body, declared, { prompt: dialogue.prompt, answer: answerText(dialogue) });
  if (calls.length > 0) return calls;
  const refusal = refusalOf(dialogue);
  return [refusal === undefined ? { type: "message", text: textFor(body, dialogue) } : { type: "refusal", refusal }];
}

/** What a compaction leaves of a conversation; readable, since the emulator has no secrets. */
export function compact(conversation: readonly Fields[]): Draft & { readonly type: "compaction" } {
  return { type: "compaction", encryptedContent: encodeCompaction(pastIn(conversation)) };
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
  const [output] = dialogue.toolOutputs;
  if (output) return `The tool has answered: ${quote(output.text)}. I only need to pass it on.`;
  const topic = topicOf(dialogue);
  const found =
    topic === undefined
      ? "I know nothing about it, so I will play with the words"
      : `This is about ${topic}, which I know`;
  return `The user wrote ${quote(dialogue.prompt)}. ${found}.`;
}

function textFor(body: Fields, dialogue: Dialogue): string {
  const { toolOutputs } = dialogue;
  const plain = toolOutputs.length > 0 ? toolOutputs.map(reportOf).join("\n") : answerText(dialogue);
  const format = fieldsIn(fieldsIn(body, "text") ?? {}, "format") ?? {};
  if (format.type === "json_object") return JSON.stringify({ answer: plain });
  const schema = format.type === "json_schema" ? fieldsIn(format, "schema") : undefined;
  return schema ? JSON.stringify(valueFor(schema, { prompt: dialogue.prompt, answer: plain })) : plain;
}

function reportOf({ name, text }: { readonly name: string | undefined; readonly text: string }): string {
  const tool = name === undefined ? "The tool" : `The tool ${name}`;
  return text.trim() === "" ? `${tool} came back with nothing.` : `${tool} answered: ${text.trim()}`;
}
