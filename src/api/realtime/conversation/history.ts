import { callable, object } from "../../../client/options.ts";
import { isJsonObject, type JsonObject } from "../../wire/json.ts";
import type { RealtimeWriter } from "../connection/writer.ts";
import type { RealtimeEvent } from "../events.ts";
import { durationMs } from "../protocol/audio-format.ts";
import type { RealtimeItem } from "../session.ts";

/** An item of the conversation, as far as it is known. */
interface Remembered {
  readonly id: string;
  item: JsonObject;
  /** Transcript of its audio. */
  transcript?: string;
  /** Length of the model's audio that arrived, and of that, how much was played before an interruption; in milliseconds. */
  receivedMs: number;
  heardMs?: number;
}

/**
 * The conversation so far, as text, for a new session when one has ended (after the service's 60 minutes, or because the connection broke).
 * Pass it every event; `restore` then puts the items into another session. Audio becomes its transcript; audio without a transcript is left
 * out. Of an answer that was interrupted, the text is cut where the playback stopped. Only in `v3`.
 *
 * It holds texts, images and calls but no audio: about 60 kB per hour of speech. It grows for as long as the conversation does, over all
 * its sessions. Use a new object for a new conversation.
 *
 * @example
 * ```ts
 * const history = new RealtimeHistory();
 * for (let isOver = false; !isOver; ) {
 *   const connection = await api.realtime.connect(config);
 *   await history.restore(connection);
 *   for await (const event of connection) history.observe(event);
 *   isOver = connection.closure?.cause === "goodbye";
 * }
 * ```
 */
export class RealtimeHistory {
  /** In the order of the conversation. */
  readonly #items: Remembered[] = [];

  /** Notes an event of a connection, or of a conversation over one. */
  observe(event: RealtimeEvent | { readonly type: "delegation" | "function_call" }): void {
    object("the event of observe()", event, "an event of a connection");
    const raw = "raw" in event ? event.raw : undefined;
    switch (raw?.type) {
      case "conversation.item.created":
      case "conversation.item.added":
      case "conversation.item.done":
      case "conversation.item.retrieved":
        this.#placed(raw);
        return;
      case "conversation.item.deleted":
        this.#deleted(raw.item_id);
        return;
    }
    switch (event.type) {
      case "input_transcript.done":
      case "output_transcript.done":
        this.#said(event.itemId, event.text);
        return;
      case "audio_out": {
        const found = this.#find(event.itemId);
        if (found) found.receivedMs += durationMs(event.frame);
        return;
      }
      case "conversation_item.truncated": {
        const found = this.#find(event.itemId);
        if (found && event.audioEndMs !== undefined) found.heardMs = event.audioEndMs;
      }
    }
  }

  /** The items, in order, in the form that another session accepts. */
  items(): readonly (RealtimeItem & JsonObject)[] {
    return this.#items.flatMap((each) => itemFor(each) ?? []);
  }

  /** Puts the items into a session, with their ids. Throws as {@link RealtimeWriter.createItem}. */
  async restore(connection: Pick<RealtimeWriter, "createItem">): Promise<void> {
    object("the connection of restore()", connection, "one of realtime.connect()");
    callable("createItem of the connection of restore()", connection.createItem);
    for (const item of this.items()) await connection.createItem(item);
  }

  #placed({ item, previous_item_id: previous }: JsonObject): void {
    if (!isJsonObject(item) || typeof item.id !== "string") return;
    const known = this.#find(item.id);
    if (known) {
      known.item = item;
      return;
    }
    const remembered = { id: item.id, item, receivedMs: 0 };
    const behind = this.#items.findIndex(({ id }) => id === previous);
    if (previous === null) this.#items.unshift(remembered);
    else if (behind === -1) this.#items.push(remembered);
    else this.#items.splice(behind + 1, 0, remembered);
  }

  #deleted(itemId: unknown): void {
    const at = this.#items.findIndex(({ id }) => id === itemId);
    if (at !== -1) this.#items.splice(at, 1);
  }

  #said(itemId: string | undefined, transcript: string): void {
    const found = this.#find(itemId);
    if (found) found.transcript = transcript;
  }

  #find(itemId: string | undefined): Remembered | undefined {
    return this.#items.findLast(({ id }) => id === itemId);
  }
}

function itemFor(remembered: Remembered): (RealtimeItem & JsonObject) | undefined {
  const { id, item } = remembered;
  switch (item.type) {
    case "message": {
      const content = Array.isArray(item.content) ? item.content.filter(isJsonObject) : [];
      const parts = content.flatMap((part) => partFor(part, remembered) ?? []);
      return parts.length === 0 ? undefined : { id, type: "message", role: item.role, content: parts };
    }
    case "function_call":
      return { id, type: "function_call", call_id: item.call_id, name: item.name, arguments: item.arguments };
    case "function_call_output":
      return { id, type: "function_call_output", call_id: item.call_id, output: item.output };
    default:
      return undefined; // the service creates its own items again, such as the list of an MCP server's tools
  }
}

/** Audio as its transcript; undefined if it was not transcribed. */
function partFor(part: JsonObject, remembered: Remembered): JsonObject | undefined {
  if (part.type !== "input_audio" && part.type !== "output_audio") return part;
  const words = remembered.transcript ?? part.transcript;
  if (typeof words !== "string" || words === "") return undefined;
  return part.type === "input_audio"
    ? { type: "input_text", text: words }
    : { type: "output_text", text: heardOf(words, remembered) };
}

/** The part of the words that corresponds to the played audio, up to the end of a word. */
function heardOf(words: string, { receivedMs, heardMs }: Remembered): string {
  if (heardMs === undefined || heardMs >= receivedMs) return words;
  const heard = words.slice(0, Math.floor((words.length * heardMs) / receivedMs));
  return heard.slice(0, Math.max(0, heard.lastIndexOf(" ")));
}
