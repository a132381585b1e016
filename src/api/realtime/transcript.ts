import type { RealtimeEvent, TranscriptEntry } from "./events.ts";

/**
 * Keeps what both sides say and gives it to the handoff. It sees events when they are read. Its size is that of the words since the last
 * handoff: about 60 kB an hour.
 */
export interface Transcript {
  /** The event as the reader shall have it. */
  observe(event: RealtimeEvent): RealtimeEvent;
}

/** Of the protocol whose handoffs carry no transcript: nothing is kept. */
export const unchanged: Transcript = { observe: (event) => event };

type Role = TranscriptEntry["role"];

interface Entry {
  readonly role: Role;
  text: string;
}

/** Pieces of one speaker are joined; a handoff takes everything with it. */
export class UntilHandoff implements Transcript {
  #entries: Entry[] = [];

  observe(event: RealtimeEvent): RealtimeEvent {
    switch (event.type) {
      case "input_transcript.delta":
        this.#append("user", event.delta);
        return event;
      case "output_transcript.delta":
        this.#append("assistant", event.delta);
        return event;
      case "handoff_requested": {
        const activeTranscript = this.#entries;
        this.#entries = [];
        return { ...event, activeTranscript };
      }
      default:
        return event;
    }
  }

  #append(role: Role, text: string): void {
    if (text === "") return;
    const last = this.#entries.at(-1);
    if (last?.role === role) last.text += text;
    else this.#entries.push({ role, text });
  }
}

/**
 * Pieces are joined within a turn: speech of the user and a response of the model begin a new entry each. A whole text replaces its pieces.
 * A handoff takes what was said since the one before, with its own task where nobody said it.
 */
export class ByTurn implements Transcript {
  #entries: Entry[] = [];
  /** The entry that a speaker's next piece goes on with. */
  readonly #open = new Map<Role, Entry>();

  observe(event: RealtimeEvent): RealtimeEvent {
    switch (event.type) {
      case "input_audio_speech_started":
        this.#open.delete("user");
        return event;
      case "response_created":
        this.#open.delete("assistant");
        return event;
      case "input_transcript.delta":
        this.#append("user", event.delta);
        return event;
      case "output_transcript.delta":
        this.#append("assistant", event.delta);
        return event;
      case "input_transcript.done":
        this.#replace("user", event.text);
        return event;
      case "output_transcript.done":
        this.#replace("assistant", event.text);
        return event;
      case "handoff_requested":
        return { ...event, activeTranscript: this.#take(event.inputTranscript) };
      default:
        return event;
    }
  }

  #append(role: Role, text: string): void {
    if (text === "") return;
    const open = this.#open.get(role);
    if (open && open === this.#entries.at(-1)) open.text += text;
    else this.#begin(role, text);
  }

  /** What comes after a whole text is a new one. */
  #replace(role: Role, text: string): void {
    if (text === "") return;
    const open = this.#open.get(role);
    if (open) open.text = text;
    else this.#begin(role, text);
    this.#open.delete(role);
  }

  #begin(role: Role, text: string): void {
    const entry = { role, text };
    this.#entries.push(entry);
    this.#open.set(role, entry);
  }

  #take(task: string): readonly TranscriptEntry[] {
    const entries = this.#entries;
    this.#entries = [];
    this.#open.clear();
    const isSaid = entries.some(({ role, text }) => role === "user" && text.trim() === task);
    return task === "" || isSaid ? entries : [...entries, { role: "user", text: task }];
  }
}
