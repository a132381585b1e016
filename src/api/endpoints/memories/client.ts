import { knownOptions } from "../../../client/options.ts";
import { readAnswer } from "../../service/answer.ts";
import {
  type ConversationOptions,
  conversationHeaders,
  UNARY_NAMES,
  type UnaryOptions,
  unaryCall,
} from "../../service/call-options.ts";
import { ServiceClient } from "../../service/client.ts";
import {
  decodeMemorySummaries,
  encodeMemorySummarizeInput,
  type MemorySummarizeInput,
  type MemorySummarizeOutput,
} from "./shape.ts";

export interface MemoriesOptions extends UnaryOptions, Pick<ConversationOptions, "sessionSource"> {}

const OPTIONS = knownOptions<MemoriesOptions>("the options of memories", { ...UNARY_NAMES, sessionSource: true });

/** `POST {baseUrl}/memories/trace_summarize`: summarizes recorded conversations. */
export class MemoriesClient extends ServiceClient {
  /**
   * Summarizes recorded conversations. Without `traces` it returns `[]` and sends nothing.
   *
   * @returns One summary per trace, in order.
   * @throws The kinds of `docs/errors.md`; {@link ProtocolError} The answer cannot be decoded.
   * @see codex-api/src/endpoint/memories.rs `summarize_input`.
   */
  async summarize(input: MemorySummarizeInput, options: MemoriesOptions = {}): Promise<MemorySummarizeOutput[]> {
    const body = encodeMemorySummarizeInput(input);
    const headers = { ...conversationHeaders(options), ...options.headers };
    const call = unaryCall("memories/trace_summarize", body, { ...options, headers }, OPTIONS);
    if (input.traces.length === 0) return [];
    return decodeMemorySummaries(readAnswer(await this.service.execute(call), "failed to decode memory summaries"));
  }
}
