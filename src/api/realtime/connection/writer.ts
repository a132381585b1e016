import { BuildError } from "../../../client/failure/kinds.ts";
import { count, knownOptions, object, text, withoutUndefined } from "../../../client/options.ts";
import { acceptSignal } from "../../../client/waiting/abort.ts";
import { type JsonObject, jsonText } from "../../wire/json.ts";
import type { MessageRole } from "../protocol/protocol.ts";
import { responseWire } from "../protocol/session-wire.ts";
import type { RealtimeItem, RealtimeResponseParameters } from "../session.ts";
import { checkSessionConfig, type RealtimeSessionSettings } from "../settings.ts";
import type { RealtimeLink } from "./link.ts";

export interface RealtimeSendOptions {
  /** Ends the wait for the network with an `aborted` error; the message is then not sent. */
  readonly signal?: AbortSignal | undefined;
  /** Id of the message: an `error` event about it has the same `eventId`. Not in `v1`. None by default. */
  readonly eventId?: string | undefined;
}

export interface TruncateOptions extends RealtimeSendOptions {
  /** Index of the part of the item. @default 0, its first part */
  readonly contentIndex?: number | undefined;
}

/** Audio from a microphone: bytes, base64, or a frame that was received. */
export type RealtimeAudioData = string | Uint8Array | { readonly data: string };

/** Options of an item. */
type CreateItemOptions = RealtimeSendOptions & { readonly previousItemId?: string | undefined };

/** Options of a text. */
type SendTextOptions = RealtimeSendOptions & { readonly role?: MessageRole | undefined };

const OPTIONS = "the options of a realtime message";
const NAMES = { signal: true, eventId: true } as const;
export const MESSAGE_OPTIONS = knownOptions<RealtimeSendOptions>(OPTIONS, NAMES);
const TRUNCATION = knownOptions<TruncateOptions>(OPTIONS, { ...NAMES, contentIndex: true });
const ITEM = knownOptions<CreateItemOptions>(OPTIONS, { ...NAMES, previousItemId: true });
export const TEXT_OPTIONS = knownOptions<SendTextOptions>(OPTIONS, { ...NAMES, role: true });

/**
 * The sending half of a realtime connection. Each call resolves when the operating system has accepted the message; awaiting it keeps a
 * fast microphone from filling the memory while the network is slow. Messages are sent in the order of the calls.
 *
 * Each call throws {@link StreamError}: `realtime websocket connection is closed` after `close` or after a reader has come to the end, and
 * `failed to send realtime request: …` if the connection broke and this was not noticed before. If the protocol `v1` has no such message,
 * or an argument is missing, unknown or of the wrong type, the call throws {@link BuildError}.
 */
export class RealtimeWriter {
  readonly #link: RealtimeLink;
  #settings: RealtimeSessionSettings;

  constructor(link: RealtimeLink) {
    this.#link = link;
    this.#settings = link.context.settings;
  }

  /** True if nothing can be sent any more. */
  get isClosed(): boolean {
    return this.#link.isClosed;
  }

  /** Number of audio messages that were dropped; only with `dropOldestAudio`. */
  get droppedAudioFrames(): number {
    return this.#link.droppedAudioFrames;
  }

  /** The tools that were last set for the session; undefined if it has the protocol's own tools, or if they were set elsewhere. */
  get tools(): readonly object[] | undefined {
    const { session, tools } = this.#settings;
    return (typeof session === "object" ? session.tools : undefined) ?? tools;
  }

  /** Sends audio from the microphone in the session's input format; the default is 24 kHz mono 16-bit PCM. */
  async append(audio: RealtimeAudioData, options?: RealtimeSendOptions): Promise<void> {
    return this.#send({ type: "input_audio_buffer.append", audio: base64Of(audio) }, options, true);
  }

  /**
   * Marks the end of what the user said: the appended audio becomes an item. Needed if turn detection is off. It does not request a
   * response.
   */
  commit(options?: RealtimeSendOptions): Promise<void> {
    return this.#act({ type: "input_audio_buffer.commit" }, options);
  }

  /** Discards audio that was appended but not committed. */
  clear(options?: RealtimeSendOptions): Promise<void> {
    return this.#act({ type: "input_audio_buffer.clear" }, options);
  }

  /** For a WebRTC or SIP call: the service stops playing the audio that it still has. */
  clearOutput(options?: RealtimeSendOptions): Promise<void> {
    return this.#act({ type: "output_audio_buffer.clear" }, options);
  }

  /**
   * Asks the model to answer. If a response is already running, the service sends an `error` event, unless the new response is out of band.
   *
   * @param parameters - For this response only; the session's settings are the default.
   */
  async createResponse(parameters: RealtimeResponseParameters = {}, options?: RealtimeSendOptions): Promise<void> {
    const response = responseWire(object("the parameters of createResponse()", parameters, "an object"));
    return this.#act({ type: "response.create", ...(response && { response }) }, options);
  }

  /** Cancels a response; it then ends with `response_done` and the status `cancelled`. `responseId`: by default the running one. */
  async cancel(responseId?: string, options?: RealtimeSendOptions): Promise<void> {
    const which = responseId === undefined ? {} : { response_id: text("responseId", responseId) };
    return this.#act({ type: "response.cancel", ...which }, options);
  }

  /** Tells the service how much of an item's audio was played, in milliseconds; the model forgets the rest. */
  async truncate(itemId: string, audioEndMs: number, given: TruncateOptions = {}): Promise<void> {
    TRUNCATION(given);
    const { contentIndex = 0, ...options } = given;
    const place = {
      item_id: text("itemId", itemId),
      content_index: count("contentIndex", contentIndex),
      audio_end_ms: count("audioEndMs", audioEndMs),
    };
    return this.#act({ type: "conversation.item.truncate", ...place }, options);
  }

  /**
   * Adds an item: a message of text, audio and images, a call, or the output of a call.
   *
   * When a call from another session is added, the event that confirms it is recognised by its `id` and not reported as a new call.
   *
   * @param given - `previousItemId`: insert the item after that one; `root`: before all others. Default: at the end.
   */
  async createItem(item: RealtimeItem, given: CreateItemOptions = {}): Promise<void> {
    text("the type of an item", object("the item of createItem()", item, "an object with type").type);
    ITEM(given);
    const { previousItemId, ...options } = given;
    const place = previousItemId === undefined ? {} : { previous_item_id: text("previousItemId", previousItemId) };
    this.#link.ownItems.put(item);
    return this.#act({ type: "conversation.item.create", item, ...place }, options);
  }

  /** Requests an item as the service has it; it arrives as `conversation_item.retrieved`. */
  async retrieveItem(itemId: string, options?: RealtimeSendOptions): Promise<void> {
    return this.#act({ type: "conversation.item.retrieve", item_id: text("itemId", itemId) }, options);
  }

  async deleteItem(itemId: string, options?: RealtimeSendOptions): Promise<void> {
    return this.#act({ type: "conversation.item.delete", item_id: text("itemId", itemId) }, options);
  }

  /**
   * Adds a text to the conversation. If `answersWhenAsked` is true, the model answers only after `createResponse`.
   *
   * @param given - `role`: default `user`.
   */
  async sendConversationItem(message: string, given: SendTextOptions = {}): Promise<void> {
    TEXT_OPTIONS(given);
    const { role = "user", ...options } = given;
    const { protocol } = this.#link.context;
    return this.#send(
      protocol.message(text("the text of a message", message), text("role", role) as MessageRole),
      options,
    );
  }

  /** Answers a `handoff_requested`, or any tool call by its call id. In `v1` and `v2` the Rust client's prefix is put before the text. */
  async sendHandoffOutput(handoffId: string, output: string, options?: RealtimeSendOptions): Promise<void> {
    const { protocol } = this.#link.context;
    const message = protocol.handoffOutput(text("handoffId", handoffId), text("the output of a handoff", output));
    return this.#send(message, options);
  }

  /**
   * Changes the session. In `v3` only `changes` is sent; in `v1` and `v2` all settings are sent, with `changes`, which remain for the next
   * update.
   *
   * @throws {@link BuildError} A setting is unknown or of the wrong type, or `session` is used in another protocol than `v3`.
   */
  async sendSessionUpdate(changes: RealtimeSessionSettings = {}, options?: RealtimeSendOptions): Promise<void> {
    const { protocol } = this.#link.context;
    checkSessionConfig(object("the changes of sendSessionUpdate()", changes, "an object"));
    if (changes.session !== undefined && !protocol.isWhole) {
      throw new BuildError(`session in the wire's shape is of protocol v3, and this session speaks ${protocol.name}`);
    }
    const session = protocol.change(this.#settings, changes);
    this.#settings = { ...this.#settings, ...withoutUndefined(changes) };
    await this.#send({ type: "session.update", session }, options);
  }

  /**
   * Sends a text unchanged, or an object as JSON.
   *
   * @throws {@link BuildError} It is neither, or the object cannot be written as JSON.
   */
  async sendPayload(payload: string | object, options?: RealtimeSendOptions): Promise<void> {
    const written =
      typeof payload === "string" ? payload : jsonText(object("the payload", payload, "a text or an object"));
    await this.#write(written, optionsOf(options));
  }

  /** Sends a close frame and waits at most 2 s for the service's; unread events are dropped. Calling it again does nothing. */
  close(): Promise<void> {
    return this.#link.close();
  }

  /** Sends a message that `v1` does not have. */
  async #act(message: JsonObject & { readonly type: string }, options?: RealtimeSendOptions): Promise<void> {
    const { protocol } = this.#link.context;
    if (!protocol.isPublic) throw new BuildError(`protocol ${protocol.name} has no ${message.type}; v2 and v3 have`);
    await this.#send(message, options);
  }

  async #send(message: JsonObject, given?: RealtimeSendOptions, isAudio = false): Promise<void> {
    const options = optionsOf(given);
    const { eventId } = options;
    const named = eventId === undefined ? message : { event_id: text("eventId", eventId), ...message };
    await this.#write(jsonText(named), options, isAudio);
  }

  #write(written: string, { signal }: RealtimeSendOptions, isAudio = false): Promise<void> {
    return this.#link.send({ text: written, isAudio, signal });
  }
}

function optionsOf(given: RealtimeSendOptions = {}): RealtimeSendOptions {
  MESSAGE_OPTIONS(given);
  acceptSignal(given.signal);
  return given;
}

function base64Of(audio: RealtimeAudioData): string {
  if (typeof audio === "string") return audio;
  if (audio instanceof Uint8Array)
    return Buffer.from(audio.buffer, audio.byteOffset, audio.byteLength).toString("base64");
  return text("the data of a frame", object("the audio of append()", audio, "bytes, base64 or a frame").data);
}
