import type { Logger } from "../../../client/observe/log.ts";
import { CodexApiError } from "../../refusal/kinds.ts";
import type { RealtimeWebSocketConnection } from "../connection/connection.ts";
import type { RealtimeSendOptions } from "../connection/writer.ts";
import type { RealtimeEvent } from "../events.ts";
import type { ConversationState, ConversationStep } from "./state.ts";

export interface StepSenderOptions {
  readonly connection: RealtimeWebSocketConnection;
  readonly state: ConversationState;
  readonly logger: Logger;
}

/** Errors arrive soon after the message they are about. */
const MOST_NAMED = 32;
const NO_TASK = "No task was given: say what shall be done.";

/** Sends the messages of a conversation's steps, and knows the step of each: an `error` of the service refers to a message. */
export class StepSender {
  readonly #options: StepSenderOptions;
  /** The latest sent steps by event id. */
  readonly #sent = new Map<string, ConversationStep>();
  #named = 0;

  constructor(options: StepSenderOptions) {
    this.#options = options;
  }

  /** The step whose message the service reports an error about. */
  causeOf(event: RealtimeEvent): ConversationStep | undefined {
    return event.type === "error" ? this.#sent.get(event.eventId ?? "") : undefined;
  }

  async send(steps: readonly ConversationStep[]): Promise<void> {
    const { connection, state } = this.#options;
    for (const step of steps) {
      if (step.do === "create_response") await connection.createResponse({}, this.#name(step));
      else if (step.do === "cancel") await connection.cancel(undefined, this.#name(step));
      else if (step.do === "answer_silence") await connection.sendHandoffOutput(step.callId, "");
      else if (step.do === "truncate") await this.#truncate(step);
      else if (step.do === "answer_empty") {
        await connection.sendHandoffOutput(step.handoffId, NO_TASK);
        await this.send(state.inputSent());
      }
    }
  }

  /** If the connection has ended, nothing can be answered any more; the rest of its events and its end are still read in their order. */
  async sendIfOpen(steps: readonly ConversationStep[]): Promise<void> {
    const { connection, logger } = this.#options;
    try {
      await this.send(steps);
    } catch (error) {
      if (!connection.isClosed) throw error;
      logger.debug({}, "the connection had ended before an event of it could be answered");
    }
  }

  /** Gives a message an id, so that an error about it can be recognised; the Rust client's protocols have no such ids. */
  #name(step: ConversationStep): RealtimeSendOptions {
    if (this.#options.connection.protocol !== "v3") return {};
    this.#named += 1;
    const eventId = `conversation_${step.do}_${this.#named}`;
    this.#sent.set(eventId, step);
    const [oldest = eventId] = this.#sent.keys();
    if (this.#sent.size > MOST_NAMED) this.#sent.delete(oldest);
    return { eventId };
  }

  async #truncate(step: ConversationStep & { readonly do: "truncate" }): Promise<void> {
    const { connection, logger } = this.#options;
    const { itemId, audioEndMs } = step;
    try {
      await connection.truncate(itemId, audioEndMs, this.#name(step));
    } catch (error) {
      // The model then assumes that all of its audio was played; that is no reason to end the conversation.
      const kind = CodexApiError.is(error) ? error.kind : "unknown";
      logger.warn({ itemId, error: kind }, "the model's audio could not be truncated");
    }
  }
}
