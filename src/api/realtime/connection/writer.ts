import { BuildError } from "../../../client/failure/kinds.ts";
import { withoutUndefined } from "../../../client/options.ts";
import { type JsonObject, jsonText } from "../../wire/json.ts";
import type { MessageRole } from "../protocol/protocol.ts";
import { responseWire } from "../protocol/session-wire.ts";
import type { RealtimeItem, RealtimeResponseParameters } from "../session.ts";
import type { RealtimeSessionSettings } from "../settings.ts";
import type { RealtimeLink } from "./link.ts";

export interface RealtimeSendOptions {
  /** Gives up while the message waits for the network, with an `aborted` error; it is not sent then. */
  readonly signal?: AbortSignal | undefined;
  /** Name of the message: an `error` event that is about it has it as its `eventId`. Not in `v1`. */
  readonly eventId?: string | undefined;
}

export interface TruncateOptions extends RealtimeSendOptions {
  /** Which part of the item; default 0, its first. */
  readonly contentIndex?: number | undefined;
}

/** What a microphone hears: bytes, base64 of them, or a frame that was received. */
export type RealtimeAudioData = string | Uint8Array | { readonly data: string };

/**
 * The half of a realtime connection that sends. Each call resolves when the operating system has taken the message; waiting for that keeps
 * a fast microphone from filling the memory behind a slow network. Messages go out in the order of the calls.
 *
 * Each throws {@link StreamError}: `realtime websocket connection is closed` once `close` was called or a reader has come to the end,
 * `failed to send realtime request: …` when the connection is gone and nobody has noticed yet. What the first protocol, `v1`, has no message
 * for is a {@link BuildError} there.
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

  /** Pieces of audio that made room for later ones; only with `dropOldestAudio`. */
  get droppedAudioFrames(): number {
    return this.#link.droppedAudioFrames;
  }

  /** The tools of the session as they were given last; nothing where the protocol's own stand, or somebody else gave them. */
  get tools(): readonly object[] | undefined {
    const { session, tools } = this.#settings;
    return (typeof session === "object" ? session.tools : undefined) ?? tools;
  }

  /** What the microphone hears, in the session's input format: 24 kHz mono 16-bit PCM unless another was agreed. */
  append(audio: RealtimeAudioData, options?: RealtimeSendOptions): Promise<void> {
    return this.#send({ type: "input_audio_buffer.append", audio: base64Of(audio) }, options, true);
  }

  /** The user has spoken: what was appended becomes an item. Needed where turn detection is off; it asks for no response. */
  commit(options?: RealtimeSendOptions): Promise<void> {
    return this.#act({ type: "input_audio_buffer.commit" }, options);
  }

  /** Forgets what was appended and not yet committed. */
  clear(options?: RealtimeSendOptions): Promise<void> {
    return this.#act({ type: "input_audio_buffer.clear" }, options);
  }

  /** Of a WebRTC or SIP call: the service stops playing what it still holds. */
  clearOutput(options?: RealtimeSendOptions): Promise<void> {
    return this.#act({ type: "output_audio_buffer.clear" }, options);
  }

  /**
   * Asks the model to answer. The service complains with an `error` event when it does already, unless the response is out of band.
   *
   * @param parameters - For this response alone; by default all is as in the session.
   */
  createResponse(parameters: RealtimeResponseParameters = {}, options?: RealtimeSendOptions): Promise<void> {
    const response = responseWire(parameters);
    return this.#act({ type: "response.create", ...(response && { response }) }, options);
  }

  /** Ends a response: it is over with `response_done` of status `cancelled`. `responseId`: default the one under way. */
  cancel(responseId?: string, options?: RealtimeSendOptions): Promise<void> {
    const which = responseId === undefined ? {} : { response_id: responseId };
    return this.#act({ type: "response.cancel", ...which }, options);
  }

  /** Tells the service how much of an item's audio was heard, in milliseconds; the model forgets the rest. */
  truncate(itemId: string, audioEndMs: number, { contentIndex = 0, ...options }: TruncateOptions = {}): Promise<void> {
    const place = { item_id: itemId, content_index: contentIndex, audio_end_ms: audioEndMs };
    return this.#act({ type: "conversation.item.truncate", ...place }, options);
  }

  /**
   * Adds any item: a message of text, audio and images, a call, the output of one.
   *
   * A call of another session is known for one by its `id` when the service tells of it, and is not told as new.
   *
   * @param options - `previousItemId`: it goes behind that item, `root`: before all others. Default: at the end.
   */
  createItem(
    item: RealtimeItem,
    { previousItemId, ...options }: RealtimeSendOptions & { readonly previousItemId?: string | undefined } = {},
  ): Promise<void> {
    const place = previousItemId === undefined ? {} : { previous_item_id: previousItemId };
    this.#link.ownItems.put(item);
    return this.#act({ type: "conversation.item.create", item, ...place }, options);
  }

  /** Asks for an item as the service has it, which comes as `conversation_item.retrieved`. */
  retrieveItem(itemId: string, options?: RealtimeSendOptions): Promise<void> {
    return this.#act({ type: "conversation.item.retrieve", item_id: itemId }, options);
  }

  deleteItem(itemId: string, options?: RealtimeSendOptions): Promise<void> {
    return this.#act({ type: "conversation.item.delete", item_id: itemId }, options);
  }

  /**
   * Adds a text to the conversation. Where the connection says `answersWhenAsked`, `createResponse` makes the model answer.
   *
   * @param options - `role`: default `user`.
   */
  sendConversationItem(
    text: string,
    options: RealtimeSendOptions & { readonly role?: MessageRole | undefined } = {},
  ): Promise<void> {
    return this.#send(this.#link.context.protocol.message(text, options.role ?? "user"), options);
  }

  /** Answers a `handoff_requested`, or any call of a tool by its call id. In `v1` and `v2` the Rust client's prefix goes before the text. */
  sendHandoffOutput(handoffId: string, text: string, options?: RealtimeSendOptions): Promise<void> {
    return this.#send(this.#link.context.protocol.handoffOutput(handoffId, text), options);
  }

  /**
   * Changes the session. In `v3` only what is given goes out; in `v1` and `v2` all settings do, with `changes`, which stay for the next time.
   *
   * @throws {@link BuildError} A name among the settings is not known, or `session` is not the protocol's.
   */
  async sendSessionUpdate(changes: RealtimeSessionSettings = {}, options?: RealtimeSendOptions): Promise<void> {
    const { protocol } = this.#link.context;
    if (changes.session !== undefined && !protocol.isWhole) {
      throw new BuildError(`session in the wire's shape is of protocol v3, and this session speaks ${protocol.name}`);
    }
    const session = protocol.change(this.#settings, changes);
    this.#settings = { ...this.#settings, ...withoutUndefined(changes) };
    await this.#send({ type: "session.update", session }, options);
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

  /** What the first protocol has no message for. */
  async #act(message: JsonObject & { readonly type: string }, options?: RealtimeSendOptions): Promise<void> {
    const { protocol } = this.#link.context;
    if (!protocol.isPublic) throw new BuildError(`protocol ${protocol.name} has no ${message.type}; v2 and v3 have`);
    await this.#send(message, options);
  }

  async #send(message: JsonObject, { signal, eventId }: RealtimeSendOptions = {}, isAudio = false): Promise<void> {
    const named = eventId === undefined ? message : { event_id: eventId, ...message };
    await this.#link.send({ text: jsonText(named), isAudio, signal });
  }
}

function base64Of(audio: RealtimeAudioData): string {
  if (typeof audio === "string") return audio;
  if (audio instanceof Uint8Array)
    return Buffer.from(audio.buffer, audio.byteOffset, audio.byteLength).toString("base64");
  return audio.data;
}
