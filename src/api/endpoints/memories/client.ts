import { header } from "../../headers.ts";
import type { SessionSource } from "../../responses/client.ts";
import { type UnaryOptions, unaryCall } from "../../service/call-options.ts";
import { readAnswer } from "../../service/json-answer.ts";
import { type ClientOptions, EndpointSession } from "../../service/service.ts";
import {
  decodeMemorySummaries,
  encodeMemorySummarizeInput,
  type MemorySummarizeInput,
  type MemorySummarizeOutput,
} from "./shape.ts";

export interface MemoriesOptions extends UnaryOptions {
  /** Sent as `x-openai-subagent`; the reference says `memory_consolidation` here. */
  readonly sessionSource?: SessionSource | undefined;
}

/** `POST {baseUrl}/memories/trace_summarize`: recorded conversations in, their summaries out. */
export class MemoriesClient {
  readonly #session: EndpointSession;

  /**
   * @throws {@link BuildError} The provider's base URL, a number or a proxy setting is unusable.
   * @throws {@link CaReadError}, {@link CaInvalidError}, {@link CaRejectedError} The CA bundle is unusable.
   */
  constructor(options: ClientOptions) {
    this.#session = new EndpointSession(options);
  }

  /**
   * Summarizes recorded conversations. No `traces`: `[]`, and nothing is sent.
   *
   * @returns One summary per trace, in order.
   * @throws The kinds of `docs/errors.md`; {@link StreamError} for an answer that does not decode.
   * @see codex-api/src/endpoint/memories.rs `summarize_input`.
   */
  async summarize(input: MemorySummarizeInput, options: MemoriesOptions = {}): Promise<MemorySummarizeOutput[]> {
    const body = encodeMemorySummarizeInput(input);
    if (input.traces.length === 0) return [];
    const headers = { [header.subagent]: options.sessionSource, ...options.headers };
    const call = unaryCall("memories/trace_summarize", body, { ...options, headers });
    return decodeMemorySummaries(readAnswer(await this.#session.execute(call), "failed to decode memory summaries"));
  }
}
