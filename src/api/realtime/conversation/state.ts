import type { HandoffRequested, RealtimeAudioFrame, RealtimeEvent } from "../events.ts";
import { responsePhaseOf } from "./response-phase.ts";
import type { RealtimeProtocolName } from "../settings.ts";

/** What is to be done because of an event. */
export type ConversationStep =
  /** Pass the event on. */
  | { readonly do: "deliver" }
  /** Give a task to the agent. */
  | { readonly do: "delegate"; readonly handoffId: string; readonly prompt: string }
  | { readonly do: "create_response" }
  /** Tell the service how much of its audio was heard. */
  | { readonly do: "truncate"; readonly itemId: string; readonly audioEndMs: number }
  /** The model chose to be silent: its call is answered with nothing. */
  | { readonly do: "answer_silence"; readonly callId: string }
  /** The conversation is over. */
  | { readonly do: "end" };

export interface ConversationStateOptions {
  readonly protocol: RealtimeProtocolName;
  /**
   * Of an item's audio, in milliseconds; nothing for one that is not being played. Default: whatever arrived counts as played. In `v2` an item
   * counts as played to its end once its response is over, whatever this says.
   */
  readonly playedMs?: ((itemId: string) => number | undefined) | undefined;
}

const ACTIVE_RESPONSE = "Conversation already has an active response in progress:";

/**
 * When a conversation asks for a response, what it does when the user speaks into one, and what it hands over. Pure: it says what to do.
 *
 * Source: the reference's conversation manager. In `v1` the service decides all of it by itself.
 */
export class ConversationState {
  readonly #options: ConversationStateOptions;
  #isResponding = false;
  #isDeferred = false;
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

  observe(event: RealtimeEvent): readonly ConversationStep[] {
    const response = responsePhaseOf(event);
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
        return [...this.#interrupt(event.itemId), ...DELIVER];
      case "handoff_requested":
        return [...DELIVER, ...this.#handOver(event)];
      case "noop_requested":
        return [...DELIVER, { do: "answer_silence", callId: event.callId }];
      case "error":
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
    // A player tells by itself when it has come to the end; the service is ahead of it. `v2` is the reference, which forgets.
    if (this.#options.protocol === "v2" || !this.#options.playedMs) this.#playing = undefined;
    return this.#isDeferred ? this.#create() : [];
  }

  #play(frame: RealtimeAudioFrame): void {
    const { itemId } = frame;
    if (itemId === undefined) return;
    if (this.#playing?.itemId !== itemId) this.#playing = { itemId, receivedMs: 0 };
    this.#playing.receivedMs += durationMs(frame);
  }

  /** @param spokenItemId - The user's item; the reference compares it with the one that is played, which `v2` keeps. */
  #interrupt(spokenItemId: string | undefined): readonly ConversationStep[] {
    const { protocol, playedMs } = this.#options;
    const playing = this.#playing;
    if (!playing || protocol === "v1") return [];
    if (protocol === "v2" && spokenItemId !== undefined && spokenItemId !== playing.itemId) return [];
    const heardMs = playedMs ? playedMs(playing.itemId) : playing.receivedMs;
    this.#playing = undefined;
    if (heardMs === undefined) return [];
    const audioEndMs = Math.min(Math.max(0, Math.floor(heardMs)), playing.receivedMs);
    return [{ do: "truncate", itemId: playing.itemId, audioEndMs }];
  }

  /** Clears what is under way without asking for the response that was put off: the handoff's output will. */
  #handOver(handoff: HandoffRequested): readonly ConversationStep[] {
    this.#isResponding = false;
    this.#playing = undefined;
    const { handoffId } = handoff;
    const isRepeated = handoffId === this.#lastHandoffId; // `v2` tells one handoff with the item and with the response
    this.#lastHandoffId = handoffId;
    const prompt = handoffPrompt(handoff);
    return isRepeated || prompt === "" ? [] : [{ do: "delegate", handoffId, prompt }];
  }
}

const DELIVER: readonly ConversationStep[] = [{ do: "deliver" }];

/** The task as text: what was said, speaker by speaker, else the handoff's own words. */
export function handoffPrompt({ activeTranscript, inputTranscript }: HandoffRequested): string {
  const lines = activeTranscript.map(({ role, text }) => `${role}: ${text}`);
  return lines.length > 0 ? lines.join("\n") : inputTranscript;
}

const BYTES_PER_SAMPLE = 2;

function durationMs({ data, samplesPerChannel, numChannels, sampleRate }: RealtimeAudioFrame): number {
  if (sampleRate === 0 || numChannels === 0) return 0;
  const samples = samplesPerChannel ?? Math.floor(Buffer.byteLength(data, "base64") / BYTES_PER_SAMPLE / numChannels);
  return Math.floor((samples * 1000) / sampleRate);
}
