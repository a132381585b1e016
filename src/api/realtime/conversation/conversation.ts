import { type Logger, steadyLogger } from "../../../client/log.ts";
import type { RealtimeWebsocketConnection } from "../connection.ts";
import { ConversationState, type ConversationStateOptions, type ConversationStep } from "./state.ts";
import type { RealtimeAudioFrame, RealtimeEvent } from "../events.ts";
import type { MessageRole } from "../protocol/protocol.ts";
import type { RealtimeSendOptions } from "../writer.ts";

export interface RealtimeConversationOptions extends Pick<ConversationStateOptions, "playedMs"> {
  /** Default: silent. */
  readonly logger?: Logger | undefined;
}

/** What a conversation tells: the events of its session, and tasks for the agent, each once. */
export type RealtimeConversationEvent =
  | RealtimeEvent
  | { readonly type: "delegation"; readonly handoffId: string; readonly prompt: string };

/** `requested`: by `close`. `transport_closed`: by the service. `error`: a failure, or a complaint of the service. */
export type RealtimeCloseReason = "requested" | "transport_closed" | "error";

/**
 * A conversation over a realtime connection: it asks for a response when there is something to answer and none is under way, cuts the
 * model's audio where the user interrupts it, and turns handoffs into tasks. It must be read, once: what it does, it does as events are taken.
 *
 * Source: the reference's conversation manager. An `error` event of the service ends it, after it has been told.
 *
 * @example
 * ```ts
 * const conversation = new RealtimeConversation(await client.connect({ instructions: "" }));
 * await conversation.say("What is the weather like?");
 * for await (const event of conversation) {
 *   if (event.type === "delegation") {
 *     await conversation.sendAgentMessage(event.handoffId, await agent(event.prompt));
 *     await conversation.endHandoff(event.handoffId);
 *   }
 * }
 * ```
 */
export class RealtimeConversation implements AsyncIterable<RealtimeConversationEvent> {
  readonly #connection: RealtimeWebsocketConnection;
  readonly #state: ConversationState;
  readonly #logger: Logger;
  readonly #lastMessages = new Map<string, string>();
  #closeReason: RealtimeCloseReason | undefined;

  constructor(connection: RealtimeWebsocketConnection, { playedMs, logger }: RealtimeConversationOptions = {}) {
    this.#connection = connection;
    this.#state = new ConversationState({ protocol: connection.protocol, playedMs });
    this.#logger = steadyLogger(logger);
  }

  /** Why it is over; nothing while it is not. */
  get closeReason(): RealtimeCloseReason | undefined {
    return this.#closeReason;
  }

  /**
   * Says something as text, and lets the model answer as soon as it has finished what it is saying.
   *
   * @param options - `role`: default `user`.
   * @throws As {@link RealtimeWriter.sendConversationItem}.
   */
  async say(text: string, options?: RealtimeSendOptions & { readonly role?: MessageRole | undefined }): Promise<void> {
    await this.#connection.sendConversationItem(text, options);
    await this.#perform(this.#state.inputSent());
  }

  /** {@inheritDoc RealtimeWriter.sendAudioFrame} */
  sendAudioFrame(frame: Pick<RealtimeAudioFrame, "data">, options?: RealtimeSendOptions): Promise<void> {
    return this.#connection.sendAudioFrame(frame, options);
  }

  /** A message of the agent that works on a handoff. `v1` passes each on at once; later protocols take one answer, so the last one is kept. */
  async sendAgentMessage(handoffId: string, text: string, options?: RealtimeSendOptions): Promise<void> {
    if (this.#connection.protocol === "v1") await this.#connection.sendHandoffOutput(handoffId, text, options);
    else this.#lastMessages.set(handoffId, text);
  }

  /** The agent is done with a handoff: its last message goes out, where it still has to, and the model answers it. */
  async endHandoff(handoffId: string, options?: RealtimeSendOptions): Promise<void> {
    const text = this.#lastMessages.get(handoffId);
    if (text === undefined) return;
    this.#lastMessages.delete(handoffId);
    await this.#connection.sendHandoffOutput(handoffId, text, options);
    await this.#perform(this.#state.inputSent());
  }

  /** Ends the conversation and its connection. */
  async close(): Promise<void> {
    this.#closeReason ??= "requested";
    await this.#connection.close();
  }

  /** @throws What reading and answering the connection throws. */
  async *[Symbol.asyncIterator](): AsyncGenerator<RealtimeConversationEvent, undefined> {
    try {
      for await (const event of this.#connection) {
        const steps = this.#state.observe(event);
        await this.#perform(steps); // first, so that nothing is left undone when the reader leaves with this event
        for (const step of steps) {
          if (step.do === "deliver") yield event;
          else if (step.do === "delegate") yield { type: "delegation", handoffId: step.handoffId, prompt: step.prompt };
          else if (step.do === "end") return await this.#fail();
        }
      }
      this.#closeReason ??= "transport_closed";
    } catch (error) {
      this.#closeReason ??= "error";
      throw error;
    }
  }

  async #fail(): Promise<undefined> {
    this.#closeReason ??= "error";
    await this.#connection.close();
  }

  async #perform(steps: readonly ConversationStep[]): Promise<void> {
    for (const step of steps) {
      if (step.do === "create_response") await this.#connection.sendResponseCreate();
      else if (step.do === "answer_silence") await this.#connection.sendHandoffOutput(step.callId, "");
      else if (step.do === "truncate") await this.#truncate(step.itemId, step.audioEndMs);
    }
  }

  async #truncate(itemId: string, audioEndMs: number): Promise<void> {
    const payload = { type: "conversation.item.truncate", item_id: itemId, content_index: 0, audio_end_ms: audioEndMs };
    try {
      await this.#connection.sendPayload(payload);
    } catch (error) {
      // The model then believes that it was heard to the end; no reason to end the conversation.
      this.#logger.warn({ itemId, error: String(error) }, "the model's audio could not be truncated");
    }
  }
}
