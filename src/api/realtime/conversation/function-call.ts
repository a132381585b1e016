import { readOutput, type ToolCall } from "../../compose/read-output.ts";
import type { ResponsesRequest } from "../../wire/request-fields.ts";
import type { FunctionCall } from "./state.ts";

/** Tools that read a conversation's calls: those of the session, as the builder functions made them. */
export type ReadingTools<Calls extends readonly unknown[]> = ResponsesRequest<unknown, Calls>["tools"];

type WithoutItem<Call> = Call extends unknown ? Omit<Call, "item"> : never;

/**
 * A tool of the session is called; answer with `answerCall`. `parsed` is the result of the tool's schema if `functionTool` made it,
 * otherwise the parsed JSON of the arguments. If they cannot be read, `problem` says why.
 */
export type RealtimeFunctionCall<Calls extends readonly unknown[] = readonly unknown[]> = {
  readonly type: "function_call";
  readonly itemId: string;
} & WithoutItem<ToolCall<Calls>>;

/** Reads a call with the schemas of the tools. Never rejects. */
export async function readFunctionCall<Calls extends readonly unknown[]>(
  { itemId, callId, name, arguments: text }: FunctionCall,
  tools: ReadingTools<Calls>,
): Promise<RealtimeFunctionCall<Calls>> {
  const item = { type: "function_call", id: itemId, call_id: callId, name, arguments: text } as const;
  const { calls } = await readOutput([item], { tools });
  const { item: _ofTheConversation, ...call } = calls[0] ?? { name, callId, arguments: text };
  // The results of the schemas have the types that the type parameter was inferred from.
  return { type: "function_call", itemId, ...call } as unknown as RealtimeFunctionCall<Calls>;
}
