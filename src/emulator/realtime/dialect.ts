import type { Fields, WireEvent } from "../fields.ts";
import type { AudioFormat } from "./audio-format.ts";

/** What the model does when it is its turn. */
export type Reply =
  | { readonly kind: "speech"; readonly pieces: readonly string[] }
  /** A tool is called; in the first protocol a handoff is requested. */
  | {
      readonly kind: "call";
      readonly name: string;
      readonly task: string;
      readonly heard: string;
      readonly arguments?: string;
    };

/** One answer of the model. */
export interface Answer {
  readonly responseId: string;
  readonly itemId: string;
  readonly callId: string;
  readonly reply: Reply;
  /** True for an answer as text, without audio. */
  readonly isSilent: boolean;
  /** Format of its audio. */
  readonly format: AudioFormat;
  /** The item before it; null for the first, and out of band. */
  readonly previousItemId: string | null;
  /** Null out of band. */
  readonly conversationId: string | null;
  readonly metadata: Fields | null;
  /** Size of the input, in tokens. */
  readonly inputTokens: number;
}

/** An item of the conversation, and the one before it. */
export interface PlacedItem {
  readonly item: Fields;
  readonly previousItemId: string | null;
}

/** The model's item once it is complete, as the conversation keeps it. */
export function itemOf({ itemId, callId, reply }: Answer): Fields {
  return reply.kind === "call"
    ? { id: itemId, type: "function_call", call_id: callId, name: reply.name, arguments: argumentsOf(reply) }
    : {
        id: itemId,
        type: "message",
        role: "assistant",
        content: [{ type: "output_text", text: reply.pieces.join("") }],
      };
}

export function argumentsOf({ task, arguments: given }: Reply & { readonly kind: "call" }): string {
  if (given !== undefined) return given;
  return task === "" ? "{}" : JSON.stringify({ prompt: task });
}

/** One version of the protocol: the events that it uses. */
export interface Dialect {
  /** True if a text is answered without `response.create`. */
  readonly answersByItself: boolean;
  /** The first events after the handshake. */
  opening(session: Fields): Iterable<WireEvent>;
  sessionUpdated(session: Fields): WireEvent;
  itemTaken(placed: PlacedItem): Iterable<WireEvent>;
  speechStarted(itemId: string, startMs: number): Iterable<WireEvent>;
  /** @param transcript - Undefined if none was requested. */
  speechHeard(placed: PlacedItem, endMs: number | undefined, transcript: string | undefined): Iterable<WireEvent>;
  answer(answer: Answer): Iterable<WireEvent>;
  /** The model's item in the conversation, with what has been said so far. */
  item(answer: Answer, said: string, status: "in_progress" | "completed" | "incomplete"): Fields;
  /** The events that replace the rest of a cancelled answer. */
  cancelled(answer: Answer, said: string, reason: "turn_detected" | "client_cancelled"): Iterable<WireEvent>;
  /** Name of the tool that takes tasks, if the session has one. */
  agentTool(session: Fields): string | undefined;
  hasSilence(session: Fields): boolean;
}
