/** A piece of audio, as the service sends it and as it is sent. */
export interface RealtimeAudioFrame {
  /** Base64 of 16-bit little-endian PCM. */
  readonly data: string;
  /** Samples a second of each channel; the service speaks 24 000. */
  readonly sampleRate: number;
  readonly numChannels: number;
  readonly samplesPerChannel?: number | undefined;
  /** The item that the audio belongs to. */
  readonly itemId?: string | undefined;
}

export interface TranscriptEntry {
  readonly role: "user" | "assistant";
  readonly text: string;
}

/** The model hands a task over to the agent behind it; answer with `sendHandoffOutput`. */
export interface HandoffRequested {
  readonly type: "handoff_requested";
  /** Also the call id, where the protocol has function calls. */
  readonly handoffId: string;
  readonly itemId: string;
  /** What the agent shall do, in the words of the model or the user; may be empty. */
  readonly inputTranscript: string;
  /** What was said so far: since the last handoff in `v1` and `v3`, always empty in `v2`. */
  readonly activeTranscript: readonly TranscriptEntry[];
}

/**
 * What a realtime session tells. A union on `type`. Source: the reference's `RealtimeEvent`; which wire event becomes which, see `v1.ts`,
 * `v2.ts` and `v3.ts`.
 */
export type RealtimeEvent =
  | { readonly type: "session_updated"; readonly sessionId: string; readonly instructions?: string | undefined }
  | { readonly type: "audio_out"; readonly frame: RealtimeAudioFrame }
  /** What the user said, piece by piece. */
  | { readonly type: "input_transcript.delta"; readonly delta: string }
  /** Since `v3`: all of it, in place of the pieces. */
  | { readonly type: "input_transcript.done"; readonly text: string }
  /** What the model says, as text, piece by piece. */
  | { readonly type: "output_transcript.delta"; readonly delta: string }
  /** Since `v3`: all of it, in place of the pieces. */
  | { readonly type: "output_transcript.done"; readonly text: string }
  /** The user begins to speak: whatever is being played shall stop. */
  | { readonly type: "input_audio_speech_started"; readonly itemId?: string | undefined }
  /** `item` is what the service sent, unchecked. In `v2` also the whole payload of `response.created` and `response.done`. */
  | { readonly type: "conversation_item.added"; readonly item: unknown }
  /** `item` as sent: a function call of a tool of one's own stands there. */
  | { readonly type: "conversation_item.done"; readonly itemId: string; readonly item: unknown }
  | HandoffRequested
  /** Since `v3`: the model decided to say nothing; the call wants an empty `sendHandoffOutput`. */
  | { readonly type: "noop_requested"; readonly callId: string; readonly itemId: string }
  /** Since `v3`. */
  | { readonly type: "response_created"; readonly responseId?: string | undefined }
  /** Since `v3`. */
  | { readonly type: "response_done"; readonly responseId?: string | undefined }
  | { readonly type: "response_cancelled"; readonly responseId?: string | undefined }
  /** The service complains; the connection stays open. */
  | { readonly type: "error"; readonly message: string }
  /** What none of the above covers, as sent; only with the option `wireEvents`. */
  | { readonly type: "wire"; readonly event: Readonly<Record<string, unknown>> };
