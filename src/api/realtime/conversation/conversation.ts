import { type Logger, steadyLogger } from "../../../client/observe/log.ts";
import { callable, knownOptions, list, object, text } from "../../../client/options.ts";
import type { RealtimeClosure } from "../connection/closure.ts";
import type { RealtimeWebSocketConnection } from "../connection/connection.ts";
import {
  MESSAGE_OPTIONS,
  type RealtimeAudioData,
  type RealtimeSendOptions,
  TEXT_OPTIONS,
} from "../connection/writer.ts";
import type { RealtimeEvent } from "../events.ts";
import type { MessageRole } from "../protocol/protocol.ts";
import type { RealtimeContentPart } from "../session.ts";
import { type ReadingTools, type RealtimeFunctionCall, readFunctionCall } from "./function-call.ts";
import { StepSender } from "./sender.ts";
import { ConversationState, type ConversationStateOptions, type ConversationStep } from "./state.ts";

export interface RealtimeConversationOptions<Calls extends readonly unknown[] = readonly unknown[]>
  extends Pick<ConversationStateOptions, "playedMs"> {
  /** The tools whose schemas read the calls, and which determine their types. @default the tools that the connection was last given */
  readonly tools?: ReadingTools<Calls> | undefined;
  /** Silent by default. */
  readonly logger?: Logger | undefined;
}

const OPTIONS = knownOptions<RealtimeConversationOptions>("the options of RealtimeConversation", {
  playedMs: true,
  tools: true,
  logger: true,
});

/** The events of a conversation: those of its session, and tasks for the agent, each once. */
export type RealtimeConversationEvent<Calls extends readonly unknown[] = readonly unknown[]> =
  | RealtimeEvent
  | { readonly type: "delegation"; readonly handoffId: string; readonly prompt: string }
  /** Only in `v3`. */
  | RealtimeFunctionCall<Calls>;

/** `requested`: by `close`. `transport_closed`: by the service. `error`: a failure, or an error event of the service. */
export type RealtimeCloseReason = "requested" | "transport_closed" | "error";

/**
 * A conversation over a realtime connection. It requests a response when there is something to answer and none is running, truncates the
 * model's audio where the user interrupts it, and turns handoffs into tasks. It must be read, by one reader: it acts when events are read.
 *
 * Source: the Rust client's conversation manager. In `v1` and `v2` an `error` event of the service is delivered and then ends it; in `v3`
 * it continues, like the connection.
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
export class RealtimeConversation<Calls extends readonly unknown[] = readonly unknown[]>
  implements AsyncIterable<RealtimeConversationEvent<Calls>>
{
  readonly #connection: RealtimeWebSocketConnection;
  readonly #state: ConversationState;
  readonly #sender: StepSender;
  readonly #logger: Logger;
  /** Events for the reader that were not taken yet: if a loop is left, the next one continues with them. */
  readonly #untold: RealtimeConversationEvent<Calls>[] = [];
  readonly #tools: ReadingTools<Calls>;
  /** The last message of each handoff's agent, as long as it was not sent. */
  readonly #lastMessages = new Map<string, string>();
  #closeReason: RealtimeCloseReason | undefined;
  /** The end of its connection after an error that ends it. */
  #ended: Promise<void> | undefined;

  constructor(connection: RealtimeWebSocketConnection, options: RealtimeConversationOptions<Calls> = {}) {
    object("the connection of RealtimeConversation", connection, "one of realtime.connect()");
    OPTIONS(options);
    callable("nextEvent of the connection of RealtimeConversation", connection.nextEvent);
    const { playedMs, logger, tools } = options;
    if (playedMs !== undefined) callable("playedMs", playedMs);
    if (tools !== undefined && tools !== null) list("tools", tools, "a list of tools");
    this.#connection = connection;
    this.#tools = tools;
    this.#state = new ConversationState({ protocol: connection.protocol, playedMs });
    this.#logger = steadyLogger(logger);
    this.#sender = new StepSender({ connection, state: this.#state, logger: this.#logger });
  }

  /** Why it is over; undefined while it is not. */
  get closeReason(): RealtimeCloseReason | undefined {
    return this.#closeReason;
  }

  /** How the connection ended, with the code and reason of the service's close frame; undefined while it is open. */
  get closure(): RealtimeClosure | undefined {
    return this.#connection.closure;
  }

  /**
   * Sends a message, as text or in parts (`input_text`, `input_image`, `input_audio`), and requests an answer as soon as the model has
   * finished what it is saying.
   *
   * @param options - `role`: default `user`.
   * @throws As {@link RealtimeWriter.sendConversationItem}.
   */
  async say(
    message: string | readonly RealtimeContentPart[],
    options: RealtimeSendOptions & { readonly role?: MessageRole | undefined } = {},
  ): Promise<void> {
    if (typeof message === "string") await this.#connection.sendConversationItem(message, options);
    else {
      const content = list("the message of say()", message, "a text or a list of parts");
      TEXT_OPTIONS(options);
      const { role = "user", ...rest } = options;
      await this.#connection.createItem({ type: "message", role, content }, rest);
    }
    await this.#sender.send(this.#state.inputSent());
  }

  /** {@inheritDoc RealtimeWriter.append} */
  append(audio: RealtimeAudioData, options?: RealtimeSendOptions): Promise<void> {
    return this.#connection.append(audio, options);
  }

  /** Marks the end of what the user said, if turn detection is off: the appended audio becomes an item, and the model answers it. */
  async commit(options?: RealtimeSendOptions): Promise<void> {
    await this.#connection.commit(options);
    await this.#sender.send(this.#state.inputSent());
  }

  /** Stops the model: cancels the running response and truncates its audio at the position that was played. Not in `v1`. */
  interrupt(): Promise<void> {
    return this.#sender.send(this.#state.interrupt());
  }

  /** Sends the output of a `function_call`. When all open calls have their output, the model continues. */
  async answerCall(callId: string, output: string, options?: RealtimeSendOptions): Promise<void> {
    const item = { call_id: text("callId", callId), output: text("the output of a call", output) };
    await this.#connection.createItem({ type: "function_call_output", ...item }, options);
    await this.#sender.send(this.#state.callAnswered(callId));
  }

  /**
   * Sends a message of the agent that works on a handoff. `v1` sends each at once; later protocols accept one answer, so the last message
   * is kept until `endHandoff`.
   */
  async sendAgentMessage(handoffId: string, message: string, options: RealtimeSendOptions = {}): Promise<void> {
    text("the message of an agent", message);
    MESSAGE_OPTIONS(options);
    if (this.#connection.protocol === "v1") await this.#connection.sendHandoffOutput(handoffId, message, options);
    else this.#lastMessages.set(text("handoffId", handoffId), message);
  }

  /** Ends a handoff: the agent's last message is sent if it was not sent before, and the model answers it. */
  async endHandoff(handoffId: string, options: RealtimeSendOptions = {}): Promise<void> {
    MESSAGE_OPTIONS(options);
    const message = this.#lastMessages.get(text("handoffId", handoffId));
    if (message === undefined) return;
    this.#lastMessages.delete(handoffId);
    await this.#connection.sendHandoffOutput(handoffId, message, options);
    await this.#sender.send(this.#state.inputSent());
  }

  /** Ends the conversation and its connection. */
  async close(): Promise<void> {
    this.#closeReason ??= "requested";
    await this.#connection.close();
  }

  /** @throws The errors of reading and answering the connection. */
  async *[Symbol.asyncIterator](): AsyncGenerator<RealtimeConversationEvent<Calls>, undefined> {
    try {
      for (;;) {
        for (let told = this.#untold.shift(); told; told = this.#untold.shift()) yield told;
        if (this.#closeReason === "error") {
          await this.#ended;
          return;
        }
        const event = await this.#connection.nextEvent();
        if (event === undefined) break;
        await this.#take(event);
      }
      this.#closeReason ??= "transport_closed";
    } catch (error) {
      this.#closeReason ??= "error";
      throw error;
    }
  }

  async #take(event: RealtimeEvent): Promise<void> {
    if (event.type === "conversation_item.done" && this.#connection.hasPut(event.itemId)) {
      this.#untold.push(event);
      return;
    }
    const cause = this.#sender.causeOf(event);
    const steps = this.#state.observe(event, cause);
    for (const step of steps) {
      if (step.do === "deliver") this.#untold.push(event);
      else if (step.do === "delegate")
        this.#untold.push({ type: "delegation", handoffId: step.handoffId, prompt: step.prompt });
      else if (step.do === "call") this.#untold.push(await this.#read(step));
    }
    await this.#sender.sendIfOpen(steps); // before the events are delivered, so that nothing is left undone if the reader leaves after one of them
    if (event.type === "error" && steps.length === 0) {
      // The service's message may contain a prompt.
      this.#logger.debug({ about: cause?.do }, "the service reported an error that is corrected");
    }
    if (steps.some((step) => step.do === "end")) this.#fail();
  }

  #read(call: ConversationStep & { readonly do: "call" }): Promise<RealtimeFunctionCall<Calls>> {
    return readFunctionCall(call, this.#tools ?? (this.#connection.tools as ReadingTools<Calls>));
  }

  /** The error is delivered at once: the service may take seconds to answer a close frame. */
  #fail(): void {
    this.#closeReason ??= "error";
    this.#ended = this.#connection.close();
  }
}
