import { type JsonObject, jsonText } from "../wire/json.ts";
import type { RealtimeAudioFrame } from "./events.ts";
import type { RealtimeLink } from "./link.ts";
import type { MessageRole } from "./protocol/protocol.ts";
import type { RealtimeSessionSettings } from "./settings.ts";

export interface RealtimeSendOptions {
  /** Gives up while the message waits for the network, with an `aborted` error; it is not sent then. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The half of a realtime connection that sends. Each call resolves when the operating system has taken the message; waiting for that keeps
 * a fast microphone from filling the memory behind a slow network. Messages go out in the order of the calls.
 *
 * Each throws {@link StreamError}: `realtime websocket connection is closed` once `close` was called or a reader has come to the end,
 * `failed to send realtime request: …` when the connection is gone and nobody has noticed yet.
 */
export class RealtimeWriter {
  readonly #link: RealtimeLink;
  #settings: RealtimeSessionSettings;

  constructor(link: RealtimeLink) {
    this.#link = link;
    this.#settings = link.context.settings;
  }

  /** Nothing can be sent any more. */
  get isClosed(): boolean {
    return this.#link.isClosed;
  }

  /** Audio frames that made room for later ones; only with `dropOldestAudio`. */
  get droppedAudioFrames(): number {
    return this.#link.droppedAudioFrames;
  }

  /** What the microphone hears. Rate and channels are the session's, 24 kHz mono: of the frame only `data` is sent. */
  sendAudioFrame({ data }: Pick<RealtimeAudioFrame, "data">, options?: RealtimeSendOptions): Promise<void> {
    return this.#send({ type: "input_audio_buffer.append", audio: data }, options, true);
  }

  /**
   * Adds a text to the conversation. Where the connection says `answersWhenAsked`, `sendResponseCreate` makes the model answer.
   *
   * @param options - `role`: default `user`.
   */
  sendConversationItem(
    text: string,
    options: RealtimeSendOptions & { readonly role?: MessageRole | undefined } = {},
  ): Promise<void> {
    return this.#send(this.#link.context.protocol.message(text, options.role ?? "user"), options);
  }

  /** Answers a `handoff_requested`, or any call of a tool by its call id. In `v1` and `v2` the reference's prefix goes before the text. */
  sendHandoffOutput(handoffId: string, text: string, options?: RealtimeSendOptions): Promise<void> {
    return this.#send(this.#link.context.protocol.handoffOutput(handoffId, text), options);
  }

  /** Asks the model to speak. The service complains with an `error` event when it does already. */
  sendResponseCreate(options?: RealtimeSendOptions): Promise<void> {
    return this.#send({ type: "response.create" }, options);
  }

  /** Sends the session's settings again, with `changes`, which stay for the next time. */
  sendSessionUpdate(changes: Partial<RealtimeSessionSettings> = {}, options?: RealtimeSendOptions): Promise<void> {
    this.#settings = { ...this.#settings, ...changes };
    return this.#send(
      { type: "session.update", session: this.#link.context.protocol.session(this.#settings) },
      options,
    );
  }

  /**
   * Sends text as it is, or an object as JSON.
   *
   * @throws {@link BuildError} The object cannot be written as JSON.
   */
  async sendPayload(payload: string | object, { signal }: RealtimeSendOptions = {}): Promise<void> {
    const text = typeof payload === "string" ? payload : jsonText(payload);
    await this.#link.send({ text, isAudio: false, signal });
  }

  /** Says goodbye and waits at most 2 s for the service's; events not read yet are dropped. Calling it again does nothing. */
  close(): Promise<void> {
    return this.#link.close();
  }

  #send(message: JsonObject, { signal }: RealtimeSendOptions = {}, isAudio = false): Promise<void> {
    return this.#link.send({ text: JSON.stringify(message), isAudio, signal });
  }
}
