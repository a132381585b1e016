import type { Compression } from "../../../client/compression.ts";
import { ProtocolError } from "../../../client/failure/kinds.ts";
import { knownOptions, oneOf } from "../../../client/options.ts";
import { header } from "../../headers.ts";
import { ResponsesClient } from "../../responses/client.ts";
import { readAnswer } from "../../service/answer.ts";
import {
  CONVERSATION_NAMES,
  type ConversationOptions,
  conversationHeaders,
  UNARY_NAMES,
  type UnaryOptions,
  unaryCall,
} from "../../service/call-options.ts";
import { ServiceClient } from "../../service/client.ts";
import type { ResponseItem } from "../../wire/items.ts";
import { inputItems } from "../../wire/request-input.ts";
import { type CompactionInput, decodeCompactionOutput, encodeCompactionInput } from "./shape.ts";

const FORMS = ["endpoint", "trigger"] as const;

/**
 * How compaction is asked for. `endpoint`: `POST responses/compact`, answered by a whole history. `trigger`: an ordinary response whose
 * input ends with `{"type":"compaction_trigger"}`, answered by one `compaction` item; what the Rust client does since mid-2026.
 */
export type CompactionForm = (typeof FORMS)[number];

/** The Rust client's `sessionSource` here is `compact`. */
export interface CompactOptions extends UnaryOptions, ConversationOptions {
  /** Default `endpoint`. */
  readonly form?: CompactionForm | undefined;
  /** Coding of the body of a `trigger`; default the provider's. */
  readonly compression?: Compression | undefined;
}

const OPTIONS = knownOptions<CompactOptions>("the options of compact", {
  ...UNARY_NAMES,
  ...CONVERSATION_NAMES,
  form: true,
  compression: true,
});

/** A model reads the whole history before it answers: one send may take this many times the provider's idle time-out. */
const IDLE_TIMEOUTS_PER_SEND = 4;

const TRIGGER: ResponseItem = { type: "compaction_trigger" };

/** Makes a long history short. */
export class CompactClient extends ServiceClient {
  /**
   * Compacts a history. An empty `input`: `[]`, and nothing is sent.
   *
   * One send may take four times the provider's `streamIdleTimeoutMs`; in the form `trigger` the time-outs of a stream hold instead.
   *
   * @returns What the service answers: in the form `endpoint` the items to go on with; in the form `trigger` the one `compaction` item,
   *   to stand for everything that was sent (which of one's own messages stay beside it is the caller's choice).
   * @throws The kinds of `docs/errors.md`; {@link ProtocolError} for an answer that does not decode, or one with a trigger that holds
   *   none or several compactions.
   * @see codex-api/src/endpoint/compact.rs `compact_input`.
   */
  async compact(input: CompactionInput, options: CompactOptions = {}): Promise<ResponseItem[]> {
    OPTIONS(options);
    const form = oneOf("form", options.form ?? "endpoint", FORMS);
    const body = encodeCompactionInput(input, { ids: this.service.provider.itemIds });
    if (input.input.length === 0) return [];
    return form === "trigger" ? this.#byTrigger(input, options) : this.#byEndpoint(body, options);
  }

  async #byEndpoint(body: unknown, options: CompactOptions): Promise<ResponseItem[]> {
    const { provider, limits } = this.service;
    const headers = {
      ...conversationHeaders(options, provider.sessionHeaders),
      [header.clientRequestId]: undefined, // it names a response, and this is none
      ...options.headers,
    };
    const response = await this.service.execute({
      ...unaryCall("responses/compact", body, { ...options, headers }, OPTIONS),
      totalMs: IDLE_TIMEOUTS_PER_SEND * limits.streamIdleTimeoutMs,
    });
    options.turnState?.set(response.headers[header.turnState]);
    return decodeCompactionOutput(readAnswer(response, "failed to decode compaction response"));
  }

  async #byTrigger(input: CompactionInput, { form: _form, ...options }: CompactOptions): Promise<ResponseItem[]> {
    const request = { ...input, input: [...inputItems(input.input), TRIGGER] };
    const { items } = await (await new ResponsesClient({ service: this.service }).stream(request, options)).collect();
    const compactions = items.filter((item) => item.type === "compaction");
    if (compactions.length === 1) return compactions;
    throw new ProtocolError(
      `remote compaction v2 expected exactly one compaction output item, got ${compactions.length} from ${items.length} output items`,
    );
  }
}
