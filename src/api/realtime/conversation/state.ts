import { isJsonObject, type JsonObject } from "../../wire/json.ts";
import type { HandoffRequested, RealtimeAudioFrame, RealtimeErrorEvent, RealtimeEvent } from "../events.ts";
import { durationMs } from "../protocol/audio-format.ts";
import type { RealtimeProtocolName } from "../settings.ts";
import { type ResponsePhase, responsePhaseOf } from "./response-phase.ts";

/** What is to be done because of an event. */
export type ConversationStep =
  /** Pass the event on. */
  | { readonly do: "deliver" }
  /** Give a task to the agent. */
  | { readonly do: "delegate"; readonly handoffId: string; readonly prompt: string }
  | { readonly do: "create_response" }
  /** Tell the service how much of its audio was heard. */
  | { readonly do: "truncate"; readonly itemId: string; readonly audioEndMs: number }
  /** The response under way is not wanted any more. */
  | { readonly do: "cancel" }
  /** A tool of the caller's is called. */
  | ({ readonly do: "call" } & FunctionCall)
  /** A handoff without a task is answered, since the model waits for its output. */
  | { readonly do: "answer_empty"; readonly handoffId: string }
  /** The model chose to be silent: its call is answered with nothing. */
  | { readonly do: "answer_silence"; readonly callId: string }
  /** The conversation is over. */
  | { readonly do: "end" };

/** A call of a tool of the caller's, complete, as the model wrote it. */
export interface FunctionCall {
  readonly callId: string;
  readonly name: string;
  /** As the model wrote them: JSON, as a rule. */
  readonly arguments: string;
  readonly itemId: string;
}

export interface ConversationStateOptions {
  readonly protocol: RealtimeProtocolName;
  /**
   * Of an item's audio, in milliseconds; nothing for one that is not being played. Default: whatever arrived counts as played. In `v2` an item
   * counts as played to its end once its response is over, whatever this says.
   */
  readonly playedMs?: ((itemId: string) => number | undefined) | undefined;
}

const ACTIVE_CODE = "conversation_already_has_active_response";
const NOT_ACTIVE_CODE = "response_cancel_not_active";
/** How the service says that an item has less audio than was played. */
const SHORTER_AUDIO = /Audio content of (\d+) ?ms is already shorter/i;
const ACTIVE_RESPONSE = "Conversation already has an active response in progress:";

/**
 * When a conversation asks for a response, what it does when the user speaks into one, and what it hands over. Pure: it says what to do.
 *
 * Source: the Rust client's conversation manager. In `v1` the service decides all of it by itself. In `v3` an `error` of the service does not end
 * a conversation (parity: `realtime/error-survives`).
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

  /** A text, or a handoff's output, has been sent: the model shall answer, at once or after what it is saying. */
  inputSent(): readonly ConversationStep[] {
    if (this.#options.protocol === "v1") return [];
    if (this.#isResponding) {
      this.#isDeferred = true;
      return [];
    }
    return this.#create();
  }

  /** The output of a call has been sent: once all that are open have theirs, the model shall go on. */
  callAnswered(callId: string): readonly ConversationStep[] {
    this.#openCalls.delete(callId);
    return this.#openCalls.size === 0 ? this.inputSent() : [];
  }

  /** Somebody on this side wants the model to stop. */
  interrupt(): readonly ConversationStep[] {
    this.#isDeferred = false;
    const truncation = this.#cutOff(undefined);
    return this.#isResponding ? [{ do: "cancel" }, ...truncation] : truncation;
  }

  /** @param cause - Of an `error` that names a message of ours: why that was sent. */
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
        this.#isDeferred = true; // somebody else's response came first; ours follows it
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
    // A player tells by itself when it has come to the end; the service is ahead of it. `v2` is the Rust client, which forgets.
    if (this.#options.protocol === "v2" || !this.#options.playedMs) this.#playing = undefined;
    return this.#isDeferred ? this.#create() : [];
  }

  #play(frame: RealtimeAudioFrame): void {
    const { itemId } = frame;
    if (itemId === undefined) return;
    if (this.#playing?.itemId !== itemId) this.#playing = { itemId, receivedMs: 0 };
    this.#playing.receivedMs += durationMs(frame);
  }

  /** @param spokenItemId - The user's item; the Rust client compares it with the one that is played, which `v2` keeps. */
  #cutOff(spokenItemId: string | undefined): readonly ConversationStep[] {
    const { protocol, playedMs } = this.#options;
    const playing = this.#playing;
    if (!playing || protocol === "v1") return [];
    if (protocol === "v2" && spokenItemId !== undefined && spokenItemId !== playing.itemId) return [];
    const heardMs = playedMs ? playedMs(playing.itemId) : playing.receivedMs;
    this.#playing = undefined;
    if (heardMs === undefined) return [];
    const audioEndMs = Math.min(Math.max(0, Math.floor(heardMs)), playing.receivedMs);
    this.#lastTruncation = { do: "truncate", itemId: playing.itemId, audioEndMs };
    return [this.#lastTruncation];
  }

  /** In `v3` no complaint ends the talk; one about something that is done here, and can be put right, is not even told. */
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
        if (isOurs) this.#isDeferred = true; // somebody else's response came first; ours follows it
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
    const input = isJsonObject(session?.audio) ? session.audio.input : undefined;
    const detection = isJsonObject(input) ? input.turn_detection : undefined;
    this.#interruptsAtSpeech = !isJsonObject(detection) || detection.interrupt_response !== false;
  }

  #called(item: unknown): readonly ConversationStep[] {
    if (!isJsonObject(item) || item.type !== "function_call") return [];
    const { id, call_id: callId, name, arguments: given } = item;
    if (typeof callId !== "string" || typeof name !== "string") return [];
    this.#openCalls.add(callId);
    const itemId = typeof id === "string" ? id : callId;
    return [{ do: "call", callId, name, arguments: typeof given === "string" ? given : "", itemId }];
  }

  /** Clears what is under way without asking for the response that was put off: the handoff's output will. */
  #handOver(handoff: HandoffRequested): readonly ConversationStep[] {
    this.#isResponding = false;
    this.#playing = undefined;
    const { handoffId } = handoff;
    const isRepeated = handoffId === this.#lastHandoffId; // `v2` tells one handoff with the item and with the response
    this.#lastHandoffId = handoffId;
    const prompt = handoffPrompt(handoff);
    if (isRepeated) return [];
    if (prompt !== "") return [{ do: "delegate", handoffId, prompt }];
    return this.#options.protocol === "v3" ? [{ do: "answer_empty", handoffId }] : [];
  }
}

const DELIVER: readonly ConversationStep[] = [{ do: "deliver" }];

/** The task as text: what was said, speaker by speaker, else the handoff's own words. */
export function handoffPrompt({ activeTranscript, inputTranscript }: HandoffRequested): string {
  const lines = activeTranscript.map(({ role, text }) => `${role}: ${text}`);
  return lines.length > 0 ? lines.join("\n") : inputTranscript;
}

function isAboutActive({ code, message }: RealtimeErrorEvent): boolean {
  return code === undefined ? message.startsWith(ACTIVE_RESPONSE) : code === ACTIVE_CODE;
}
