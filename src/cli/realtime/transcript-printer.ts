import type { RealtimeConversationEvent, TranscriptEntry } from "../../index.ts";
import type { Output } from "../output.ts";

type Role = TranscriptEntry["role"];

/** Prints what both sides say as it arrives, one line per speaker: `user: …`, `assistant: …`. */
export class TranscriptPrinter {
  readonly #output: Output;
  #speaker: Role | undefined;
  #line = "";

  constructor(output: Output) {
    this.#output = output;
  }

  /** Notes what the user has typed. */
  async typed(text: string): Promise<void> {
    await this.#whole("user", text);
  }

  async show(event: RealtimeConversationEvent): Promise<void> {
    switch (event.type) {
      case "input_transcript.delta":
        return this.#piece("user", event.delta);
      case "output_transcript.delta":
        return this.#piece("assistant", event.delta);
      case "input_transcript.done":
        return this.#whole("user", event.text);
      case "output_transcript.done":
        return this.#whole("assistant", event.text);
      case "response_done":
      case "response_cancelled":
      case "conversation_item.done":
      case "input_audio_speech_started":
        return this.endLine();
    }
  }

  /** The next text, of either side, begins on a new line. */
  async endLine(): Promise<void> {
    if (this.#speaker === undefined) return;
    this.#speaker = undefined;
    this.#line = "";
    await this.#output.write("\n");
  }

  async #piece(role: Role, text: string): Promise<void> {
    if (text === "") return;
    if (this.#speaker !== role) {
      await this.endLine();
      this.#speaker = role;
      await this.#output.write(`${role}: `);
    }
    this.#line += text;
    await this.#output.write(text);
  }

  /** Prints nothing if its pieces were shown already. */
  async #whole(role: Role, text: string): Promise<void> {
    if (this.#speaker !== role || this.#line !== text) {
      await this.endLine();
      await this.#piece(role, text);
    }
    await this.endLine();
  }
}
