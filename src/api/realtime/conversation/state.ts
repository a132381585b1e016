import { fieldOf, isJsonObject, type JsonObject } from "../../wire/json.ts";
import type { HandoffRequested, RealtimeAudioFrame, RealtimeErrorEvent, RealtimeEvent } from "../events.ts";
import { durationMs } from "../protocol/audio-format.ts";
import type { RealtimeProtocolName } from "../settings.ts";
import { type ResponsePhase, responsePhaseOf } from "./response-phase.ts";

/** What to do because of an event. */
export type ConversationStep =
  /** Pass the event on. */
  | { readonly do: "deliver" }
  /** Give a task to the agent. */
  | { readonly do: "delegate"; readonly handoffId: string; readonly prompt: string }
  | { readonly do: "create_response" }
  /** Tell the service how much of its audio was played. */
  | { readonly do: "truncate"; readonly itemId: string; readonly audioEndMs: number }
  /** Cancel the running response. */
  | { readonly do: "cancel" }
  /** The model calls one of the caller's tools. */
  | ({ readonly do: "call" } & FunctionCall)
  /** Answer a handoff without a task, because the model waits for its output. */
  | { readonly do: "answer_empty"; readonly handoffId: string }
  /** The model chose to be silent: answer its call with an empty output. */
  | { readonly do: "answer_silence"; readonly callId: string }
  /** The conversation is over. */
  | { readonly do: "end" };

/** A complete call of one of the caller's tools, as the model wrote it. */
export interface FunctionCall {
  readonly callId: string;
  readonly name: string;
  /** As the model wrote them: usually JSON. */
  readonly arguments: string;
  readonly itemId: string;
}

export interface ConversationStateOptions {
  readonly protocol: RealtimeProtocolName;
  /**
   * How much of an item's audio was played, in milliseconds; undefined or NaN if it is not being played. By default all audio that arrived
   * counts as played. In `v2` an item counts as fully played once its response is over, whatever this returns.
   */
  readonly playedMs?: ((itemId: string) => number | undefined) | undefined;
}

const ACTIVE_CODE = "conversation_already_has_active_response";
const NOT_ACTIVE_CODE = "response_cancel_not_active";
/** The service's message when an item has less audio than was reported as played. */
const SHORTER_AUDIO = /Audio content of (\d+) ?ms is already shorter/i;
const ACTIVE_RESPONSE = "Conversation already has an active response in progress:";

/**
 * Decides when a conversation requests a response, what happens when the user interrupts one, and what is handed over. Pure: it only
 * returns the steps.
 *
 * Source: the Rust client's conversation manager. In `v1` the service decides all of this. In `v3` an `error` event of the service does not
 * end a conversation (parity: `realtime/error-survives`).
 */
export class ConversationState {
  readonly #options: ConversationStateOptions;
  #isResponding = false;
  #isDeferred = false;
  #interruptsAtSpeech = true;
  #lastTruncation: (ConversationStep & { readonly do: "truncate" }) | undefined;
  readonly #outOfBand = new Set<string>();
  /** Calls of the caller's tools that wait for their output. */
  readonly #openCalls = new Set<string>();
  #playing: { readonly itemId: string; receivedMs: number } | undefined;
  #lastHandoffId: string | undefined;

  constructor(options: ConversationStateOptions) {
    this.#options = options;
  }

  /** A text, or a handoff's output, has been sent: the model should answer, now or when it has finished speaking. */
  inputSent(): readonly ConversationStep[] {
    if (this.#options.protocol === "v1") return [];
    if (this.#isResponding) {
      this.#isDeferred = true;
      return [];
    }
    return this.#create();
  }

  /** The output of a call has been sent: once all open calls have theirs, the model should continue. */
  callAnswered(callId: string): readonly ConversationStep[] {
    this.#openCalls.delete(callId);
    return this.#openCalls.size === 0 ? this.inputSent() : [];
  }

  /** This side wants the model to stop. */
  interrupt(): readonly ConversationStep[] {
    this.#isDeferred = false;
    const truncation = this.#cutOff(undefined);
    return this.#isResponding ? [{ do: "cancel" }, ...truncation] : truncation;
  }

  /** @param cause - For an `error` about one of our messages: why that message was sent. */
  observe(event: RealtimeEvent, cause?: ConversationStep): readonly ConversationStep[] {
    const response = responsePhaseOf(event);
    if (response && this.#isOutOfBand(event, response)) return DELIVER;
    if (response?.phase === "created") {
      this.#isResponding = true;
      return DELIVER;
    }
    if (response) return [...DELIVER, ...this.#responseOver()];
    switch (event.type) {
      case "audio_out":
        this.#play(event.frame);
        return DELIVER;
      case "input_audio_speech_started":
        return [...(this.#interruptsAtSpeech ? this.#cutOff(event.itemId) : []), ...DELIVER];
      case "session_created":
      case "session_updated":
        this.#learn(event.session);
        return DELIVER;
      case "conversation_item.done":
        return this.#options.protocol === "v3" ? [...DELIVER, ...this.#called(event.item)] : DELIVER;
      case "handoff_requested":
        return [...DELIVER, ...this.#handOver(event)];
      case "noop_requested":
        return [...DELIVER, { do: "answer_silence", callId: event.callId }];
      case "error":
        if (this.#options.protocol === "v3") return this.#complaint(event, cause);
        if (!event.message.startsWith(ACTIVE_RESPONSE)) return [...DELIVER, { do: "end" }];
        this.#isDeferred = true; // another response came first; ours follows it
        return [];
      default:
        return DELIVER;
    }
  }

  #create(): readonly ConversationStep[] {
    this.#isResponding = true;
    this.#isDeferred = false;
    return [{ do: "create_response" }];
  }

  #responseOver(): readonly ConversationStep[] {
    this.#isResponding = false;
    // A player reports the end of playback itself, and the service is ahead of it. `v2` behaves like the Rust client, which forgets the
    // item here.
    if (this.#options.protocol === "v2" || !this.#options.playedMs) this.#playing = undefined;
    return this.#isDeferred ? this.#create() : [];
  }

  #play(frame: RealtimeAudioFrame): void {
    const { itemId } = frame;
    if (itemId === undefined) return;
    if (this.#playing?.itemId !== itemId) this.#playing = { itemId, receivedMs: 0 };
    this.#playing.receivedMs += durationMs(frame);
  }

  /** @param spokenItemId - The user's item. The Rust client compares it with the item being played, and `v2` does the same. */
  #cutOff(spokenItemId: string | undefined): readonly ConversationStep[] {
    const { protocol, playedMs } = this.#options;
    const playing = this.#playing;
    if (!playing || protocol === "v1") return [];
    if (protocol === "v2" && spokenItemId !== undefined && spokenItemId !== playing.itemId) return [];
    const heardMs = playedMs ? playedMs(playing.itemId) : playing.receivedMs;
    this.#playing = undefined;
    if (heardMs === undefined || Number.isNaN(heardMs)) return [];
    const audioEndMs = Math.min(Math.max(0, Math.floor(heardMs)), playing.receivedMs);
    this.#lastTruncation = { do: "truncate", itemId: playing.itemId, audioEndMs };
    return [this.#lastTruncation];
  }

  /** In `v3` no error event ends the conversation; one about a message of ours that can be corrected is not even reported. */
  #complaint(event: RealtimeErrorEvent, cause: ConversationStep | undefined): readonly ConversationStep[] {
    const heardMs = SHORTER_AUDIO.exec(event.message)?.[1];
    const about = cause ?? (heardMs !== undefined && event.eventId === undefined ? this.#lastTruncation : undefined);
    switch (about?.do) {
      case "truncate": {
        const audioEndMs = Number(heardMs ?? Number.NaN);
        this.#lastTruncation = undefined;
        return audioEndMs < about.audioEndMs ? [{ ...about, audioEndMs }] : [];
      }
      case "cancel":
        return event.code === NOT_ACTIVE_CODE ? [] : DELIVER;
      case "create_response":
        if (isAboutActive(event)) this.#isDeferred = true;
        else this.#isResponding = false;
        return isAboutActive(event) ? [] : DELIVER;
      default: {
        const isOurs = event.eventId === undefined && isAboutActive(event);
        if (isOurs) this.#isDeferred = true; // another response came first; ours follows it
        return isOurs ? [] : DELIVER;
      }
    }
  }

  /** A response whose items do not join the conversation neither begins nor ends a turn. */
  #isOutOfBand(event: RealtimeEvent, { phase, responseId = "" }: ResponsePhase): boolean {
    if (event.type === "response_created" && event.conversationId === null) this.#outOfBand.add(responseId);
    return phase === "created" ? this.#outOfBand.has(responseId) : this.#outOfBand.delete(responseId);
  }

  #learn(session: JsonObject | undefined): void {
    const detection = fieldOf(fieldOf(session?.audio, "input"), "turn_detection");
    this.#interruptsAtSpeech = fieldOf(detection, "interrupt_response") !== false;
  }

  #called(item: unknown): readonly ConversationStep[] {
    if (!isJsonObject(item) || item.type !== "function_call") return [];
    const { id, call_id: callId, name, arguments: given } = item;
    if (typeof callId !== "string" || typeof name !== "string") return [];
    this.#openCalls.add(callId);
    const itemId = typeof id === "string" ? id : callId;
    return [{ do: "call", callId, name, arguments: typeof given === "string" ? given : "", itemId }];
  }

  /** Clears the current state without requesting the postponed response: the handoff's output will cause it. */
  #handOver(handoff: HandoffRequested): readonly ConversationStep[] {
    this.#isResponding = false;
    this.#playing = undefined;
    const { handoffId } = handoff;
    const isRepeated = handoffId === this.#lastHandoffId; // `v2` reports a handoff twice, with the item and with the response
    this.#lastHandoffId = handoffId;
    const prompt = handoffPrompt(handoff);
    if (isRepeated) return [];
    if (prompt !== "") return [{ do: "delegate", handoffId, prompt }];
    return this.#options.protocol === "v3" ? [{ do: "answer_empty", handoffId }] : [];
  }
}

const DELIVER: readonly ConversationStep[] = [{ do: "deliver" }];

/** The task as text: what was said, by speaker, else the text of the handoff itself. */
export function handoffPrompt({ activeTranscript, inputTranscript }: HandoffRequested): string {
  const lines = activeTranscript.map(({ role, text }) => `${role}: ${text}`);
  return lines.length > 0 ? lines.join("\n") : inputTranscript;
}

function isAboutActive({ code, message }: RealtimeErrorEvent): boolean {
  return code === undefined ? message.startsWith(ACTIVE_RESPONSE) : code === ACTIVE_CODE;
}
