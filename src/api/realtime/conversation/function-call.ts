import { readOutput, type ToolCall } from "../../compose/read-output.ts";
import type { ResponsesRequest } from "../../wire/request-fields.ts";
import type { FunctionCall } from "./state.ts";

/** Tools that a conversation's calls are read by: those of the session, as the builders made them. */
export type ReadingTools<Calls extends readonly unknown[]> = ResponsesRequest<unknown, Calls>["tools"];

type WithoutItem<Call> = Call extends unknown ? Omit<Call, "item"> : never;

/**
 * A tool of the session is called; answer with `answerCall`. `parsed` is what the schema of a tool that `functionTool` made gives for the arguments,
 * of another tool what JSON they are; where there is none, `problem` says why.
 */
export type RealtimeFunctionCall<Calls extends readonly unknown[] = readonly unknown[]> = {
  readonly type: "function_call";
  readonly itemId: string;
} & WithoutItem<ToolCall<Calls>>;

/** Reads a call by the schemas of the tools. Never rejects. */
export async function readFunctionCall<Calls extends readonly unknown[]>(
  { itemId, callId, name, arguments: text }: FunctionCall,
  tools: ReadingTools<Calls>,
): Promise<RealtimeFunctionCall<Calls>> {
  const item = { type: "function_call", id: itemId, call_id: callId, name, arguments: text } as const;
  const { calls } = await readOutput([item], { tools });
  const { item: _ofTheConversation, ...call } = calls[0] ?? { name, callId, arguments: text };
  // What the schemas gave has the types that the type parameter took from them.
  return { type: "function_call", itemId, ...call } as unknown as RealtimeFunctionCall<Calls>;
}
