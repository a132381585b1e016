// What both sides say is kept and given to the handoff. The size is that of the text since the last handoff: about 60 kB per hour.
import type { RealtimeEvent, TranscriptEntry } from "../events.ts";
import type { EventStage } from "./protocol.ts";

type Role = TranscriptEntry["role"];

interface Entry {
  readonly role: Role;
  text: string;
}

interface Spoken {
  readonly role: Role;
  readonly text: string;
  /** The whole text, in place of its pieces. */
  readonly isWhole: boolean;
}

function spokenIn(event: RealtimeEvent): Spoken | undefined {
  switch (event.type) {
    case "input_transcript.delta":
      return { role: "user", text: event.delta, isWhole: false };
    case "output_transcript.delta":
      return { role: "assistant", text: event.delta, isWhole: false };
    case "input_transcript.done":
      return { role: "user", text: event.text, isWhole: true };
    case "output_transcript.done":
      return { role: "assistant", text: event.text, isWhole: true };
    default:
      return undefined;
  }
}

/** Joins pieces of one speaker; a handoff takes all of them. */
export class UntilHandoff implements EventStage {
  #entries: Entry[] = [];

  observe(event: RealtimeEvent): RealtimeEvent {
    if (event.type === "handoff_requested") {
      const activeTranscript = this.#entries;
      this.#entries = [];
      return { ...event, activeTranscript };
    }
    const spoken = spokenIn(event);
    if (spoken) this.#append(spoken);
    return event;
  }

  #append({ role, text }: Spoken): void {
    if (text === "") return;
    const last = this.#entries.at(-1);
    if (last?.role === role) last.text += text;
    else this.#entries.push({ role, text });
  }
}

/**
 * Joins pieces within a turn: user speech and model responses each begin a new entry. A whole text replaces its pieces, and later pieces
 * are new. A handoff takes everything since the one before, and adds its own task if the conversation does not contain it. Responses out of
 * band are not part of the conversation.
 */
export class ByTurn implements EventStage {
  #entries: Entry[] = [];
  /** The entry that a speaker's next piece is added to. */
  readonly #open = new Map<Role, Entry>();
  /** Running responses that do not belong to the conversation. */
  readonly #outOfBand = new Set<string>();

  observe(event: RealtimeEvent): RealtimeEvent {
    if (this.#isOutOfBand(event)) return event;
    if (event.type === "input_audio_speech_started") this.#open.delete("user");
    else if (event.type === "response_created") this.#open.delete("assistant");
    else if (event.type === "handoff_requested") {
      return { ...event, activeTranscript: this.#take(event.inputTranscript) };
    }
    const spoken = spokenIn(event);
    if (spoken && spoken.text !== "") this.#write(spoken);
    return event;
  }

  #isOutOfBand(event: RealtimeEvent): boolean {
    const responseId = "responseId" in event ? event.responseId : undefined;
    if (responseId === undefined) return false;
    if (event.type === "response_created" && event.conversationId === null) this.#outOfBand.add(responseId);
    else if (event.type === "response_done") return this.#outOfBand.delete(responseId);
    return this.#outOfBand.has(responseId);
  }

  #write({ role, text, isWhole }: Spoken): void {
    const open = this.#open.get(role);
    if (isWhole) {
      if (open) open.text = text;
      else this.#entries.push({ role, text });
      this.#open.delete(role);
    } else if (open && open === this.#entries.at(-1)) open.text += text;
    else {
      const entry = { role, text };
      this.#entries.push(entry);
      this.#open.set(role, entry);
    }
  }

  #take(task: string): readonly TranscriptEntry[] {
    const entries = this.#entries;
    this.#entries = [];
    this.#open.clear();
    const isSaid = entries.some(({ role, text }) => role === "user" && text.trim() === task);
    return task === "" || isSaid ? entries : [...entries, { role: "user", text: task }];
  }
}
