import { type Pace, paced } from "../delivery/pace.ts";
import { type Fields, fieldsIn, isFields, listIn, stringIn, type WireEvent } from "../fields.ts";
import { think } from "../model/index.ts";
import { estimateTokens, pieces } from "../model/pieces.ts";
import type { Identifiers } from "../responses/identifiers.ts";
import { ServiceError } from "../service-error.ts";
import { missing } from "../validation/faults.ts";
import { audioFormatOf, lastingMs } from "./audio-format.ts";
import { Conversation } from "./conversation.ts";
import type { Answer, Dialect, Reply } from "./dialect.ts";
import { type HeardSpeech, Hearing } from "./hearing.ts";
import { merged, SILENCE_MS, transcribes, turnDetectionOf, updated } from "./settings.ts";

const DELEGATION = /^\s*(?:delegate|hand over|ask the agent)\b[:,]?\s*(.*)$/is;
const SILENCE = /^\s*(?:stay|remain|keep|be) (?:silent|quiet)\b/i;
const AGENT_PREFIX = '"Agent Final Message":\n\n';

export interface SessionPort {
  readonly identifiers: Identifiers;
  readonly pace: Pace;
  /** Fires when the client is gone. */
  readonly gone: AbortSignal;
  send(event: WireEvent): Promise<void>;
}

/**
 * A realtime session: its settings, the conversation so far, and the running answer. Messages are handled one at a time, while the answer
 * runs.
 */
export class RealtimeSession {
  readonly #dialect: Dialect;
  readonly #port: SessionPort;
  readonly #conversation = new Conversation();
  readonly #conversationId: string;
  readonly #hearing = new Hearing(() => this.#silenceMs());
  #session: Fields;
  #speechItemId = "";
  #answer: { readonly answer: Answer; readonly cancel: AbortController; readonly over: Promise<void> } | undefined;

  constructor(dialect: Dialect, port: SessionPort, session: Fields) {
    this.#dialect = dialect;
    this.#port = port;
    this.#session = { id: port.identifiers.next("sess"), ...session };
    this.#conversationId = port.identifiers.next("conv");
  }

  open(): Promise<void> {
    return this.#sendAll(this.#dialect.opening(this.#session));
  }

  /** @throws {@link ServiceError} The service would not accept the message. */
  async receive(message: unknown): Promise<void> {
    if (!isFields(message))
      throw new ServiceError(400, { message: "We could not parse the JSON body of your message." });
    switch (message.type) {
      case "session.update":
        return this.#update(fieldsIn(message, "session"));
      case "conversation.item.create":
        return this.#take(fieldsIn(message, "item"), stringIn(message, "previous_item_id"));
      case "conversation.item.truncate":
        this.#conversation.truncate(stringIn(message, "item_id"), message.audio_end_ms);
        return this.#send({ ...message, type: "conversation.item.truncated" });
      case "conversation.item.retrieve": {
        const item = this.#conversation.get(stringIn(message, "item_id"));
        return this.#send({ type: "conversation.item.retrieved", item });
      }
      case "conversation.item.delete":
        this.#conversation.delete(stringIn(message, "item_id"));
        return this.#send({ type: "conversation.item.deleted", item_id: message.item_id });
      case "conversation.handoff.append":
        return this.#takeAgentText(stringIn(message, "handoff_id"), stringIn(message, "output_text"));
      case "response.create":
        return this.#respond(fieldsIn(message, "response"));
      case "response.cancel":
        return this.#cancelOrRefuse();
      case "input_audio_buffer.append":
        return this.#hear(Buffer.from(stringIn(message, "audio") ?? "", "base64"));
      case "input_audio_buffer.commit":
        return this.#commit();
      case "input_audio_buffer.clear":
        this.#hearing.clear();
        return this.#send({ type: "input_audio_buffer.cleared" });
      default:
        throw new ServiceError(400, {
          message: `Invalid value: '${String(message.type)}'.`,
          param: "type",
          code: "invalid_value",
        });
    }
  }

  async #update(changes: Fields | undefined): Promise<void> {
    if (!changes) throw missing("session");
    const session = updated(this.#session, changes);
    for (const direction of ["input", "output"] as const) audioFormatOf(session, direction);
    this.#session = session;
    await this.#port.send(this.#dialect.sessionUpdated(this.#session));
  }

  async #take(item: Fields | undefined, behind: string | undefined): Promise<void> {
    if (!item) throw missing("item");
    checkImages(item);
    const whole = { id: this.#port.identifiers.next("item"), object: "realtime.item", status: "completed", ...item };
    const { previousItemId } = this.#conversation.add(withoutPrefix(whole), behind);
    await this.#sendAll(this.#dialect.itemTaken({ item: whole, previousItemId }));
    if (this.#dialect.answersByItself && item.role === "user") await this.#respond();
  }

  async #takeAgentText(handoffId: string | undefined, output: string | undefined): Promise<void> {
    if (handoffId === undefined || output === undefined) throw missing("handoff_id");
    this.#conversation.add(withoutPrefix({ type: "function_call_output", call_id: handoffId, output }));
    await this.#respond();
  }

  async #hear(audio: Buffer): Promise<void> {
    const speech = this.#hearing.hear(audio, audioFormatOf(this.#session, "input"));
    const detection = turnDetectionOf(this.#session);
    if (!speech || !detection) return;
    const { startMs, endMs } = speech;
    if (endMs !== undefined) {
      await this.#understand({ startMs, endMs }, endMs);
      if (detection.create_response !== false && this.#session.type !== "transcription") await this.#respond();
      return;
    }
    this.#speechItemId = this.#port.identifiers.next("item");
    await this.#sendAll(this.#dialect.speechStarted(this.#speechItemId, startMs));
    if (detection.interrupt_response !== false) await this.#cancel("turn_detected");
  }

  async #commit(): Promise<void> {
    if (this.#hearing.bufferedMs === 0) {
      throw new ServiceError(400, {
        message: "Error committing input audio buffer: buffer too small.",
        code: "input_audio_buffer_commit_empty",
      });
    }
    if (!this.#hearing.isSpeaking) this.#speechItemId = this.#port.identifiers.next("item");
    await this.#understand(this.#hearing.finish(), undefined);
    if (this.#dialect.answersByItself) await this.#respond();
  }

  /** @param stoppedMs - When the speech ended; undefined if the client committed it. */
  async #understand({ startMs, endMs }: Required<HeardSpeech>, stoppedMs: number | undefined): Promise<void> {
    const words = `sound of ${((endMs - startMs) / 1000).toFixed(1)} seconds`;
    const transcript = transcribes(this.#session) ? words : undefined;
    const shown = { type: "input_audio", transcript: transcript ?? null };
    const item = {
      id: this.#speechItemId,
      object: "realtime.item",
      type: "message",
      role: "user",
      status: "completed",
    };
    this.#conversation.heard(this.#speechItemId, words);
    const placed = this.#conversation.add({ ...item, content: [shown] });
    await this.#sendAll(this.#dialect.speechHeard(placed, stoppedMs, transcript));
  }

  async #respond(parameters: Fields = {}): Promise<void> {
    if (this.#session.type === "transcription") {
      throw new ServiceError(400, {
        message: "A transcription session gives no responses.",
        param: "type",
        code: "invalid_value",
      });
    }
    const isOutOfBand = parameters.conversation === "none";
    const under = this.#answer;
    if (under && this.#dialect.answersByItself) await this.#cancel("client_cancelled");
    else if (under && !isOutOfBand) {
      throw new ServiceError(400, {
        message: `Conversation already has an active response in progress: ${under.answer.responseId}. Wait until the response is finished before creating a new one.`,
        code: "conversation_already_has_active_response",
      });
    }
    const { identifiers } = this.#port;
    const session = merged(this.#session, parameters);
    const input = Array.isArray(parameters.input) ? listIn(parameters, "input") : this.#conversation.readable();
    const modalities = session.output_modalities;
    const answer: Answer = {
      responseId: identifiers.next("resp"),
      itemId: identifiers.next("item"),
      callId: identifiers.nextCallId(),
      reply: this.#think(session, input),
      format: audioFormatOf(session, "output"),
      isSilent: Array.isArray(modalities) && !modalities.includes("audio"),
      previousItemId: isOutOfBand ? null : this.#conversation.lastId,
      conversationId: isOutOfBand ? null : this.#conversationId,
      metadata: fieldsIn(parameters, "metadata") ?? null,
      inputTokens: estimateTokens(JSON.stringify([session.instructions ?? "", input])),
    };
    const cancel = new AbortController();
    if (!isOutOfBand) this.#conversation.add(this.#dialect.item(answer, "", "in_progress"));
    const over = this.#speak(answer, cancel.signal);
    if (!isOutOfBand) this.#answer = { answer, cancel, over };
  }

  /** Never rejects: what is sent to a client that has left is dropped. */
  async #speak(answer: Answer, cancelled: AbortSignal): Promise<void> {
    const { pace, gone } = this.#port;
    const stop = AbortSignal.any([cancelled, gone]);
    let said = "";
    const textOf = (event: WireEvent): string =>
      event.type.endsWith("audio.delta") ? "" : (stringIn(event, "delta") ?? "");
    for await (const event of paced(this.#dialect.answer(answer), pace, textOf, stop)) {
      if (stop.aborted) break;
      if (event.type.endsWith("audio.delta"))
        this.#conversation.sent(answer.itemId, lastingMs(audioBytesOf(event), answer.format));
      else if (event.type.endsWith("text.delta") || event.type.endsWith("transcript.delta")) said += textOf(event);
      if (event.type === "response.done") this.#finish(answer, said); // the client may send the next request as soon as it gets this
      await this.#port.send(event);
    }
    if (!cancelled.aborted) return this.#finish(answer, said);
    this.#conversation.replace(this.#dialect.item(answer, said, "incomplete"));
    await this.#sendAll(this.#dialect.cancelled(answer, said, cancelled.reason));
  }

  /** Once; later calls have no effect. */
  #finish(answer: Answer, said: string): void {
    if (this.#answer?.answer !== answer) return;
    this.#answer = undefined;
    this.#conversation.replace(this.#dialect.item(answer, said, "completed"));
  }

  async #cancelOrRefuse(): Promise<void> {
    if (!this.#answer) {
      throw new ServiceError(400, {
        message: "Cancellation failed: no active response found",
        code: "response_cancel_not_active",
      });
    }
    await this.#cancel("client_cancelled");
  }

  async #cancel(reason: "turn_detected" | "client_cancelled"): Promise<void> {
    const under = this.#answer;
    if (!under) return;
    this.#answer = undefined;
    under.cancel.abort(reason);
    await under.over;
  }

  #think(session: Fields, input: readonly Fields[]): Reply {
    const last = input.at(-1);
    const heard = last?.role === "user" ? promptOf(last) : "";
    const task = DELEGATION.exec(heard)?.[1]?.trim();
    const agent = this.#dialect.agentTool(session);
    if (task !== undefined && agent !== undefined) return { kind: "call", name: agent, task, heard };
    if (SILENCE.test(heard) && this.#dialect.hasSilence(session)) {
      return { kind: "call", name: "remain_silent", task: "", heard };
    }
    const drafts = think({ tools: session.tools, tool_choice: session.tool_choice }, input);
    const call = drafts.find((draft) => draft.type === "function_call");
    if (call?.type === "function_call")
      return { kind: "call", name: call.name, task: "", heard, arguments: call.arguments };
    const message = drafts.find((draft) => draft.type === "message");
    return { kind: "speech", pieces: pieces(message?.type === "message" ? message.text : "") };
  }

  #silenceMs(): number {
    const { silence_duration_ms: silenceMs } = turnDetectionOf(this.#session) ?? {};
    return typeof silenceMs === "number" ? silenceMs : SILENCE_MS;
  }

  #send(event: WireEvent): Promise<void> {
    const { event_id: _ofTheClient, ...own } = event;
    return this.#port.send({ ...own, type: event.type, event_id: this.#port.identifiers.next("event") });
  }

  async #sendAll(events: Iterable<WireEvent>): Promise<void> {
    for (const event of events) await this.#port.send(event);
  }
}

/** @throws {@link ServiceError} 400 for an image that is not in the message itself. */
function checkImages(item: Fields): void {
  const at = listIn(item, "content").findIndex(
    (part) => part.type === "input_image" && !/^data:image\//.test(String(part.image_url)),
  );
  if (at === -1) return;
  const param = `item.content[${at}].image_url`;
  throw new ServiceError(400, {
    message: `Invalid '${param}': expected a base64-encoded data URL of an image.`,
    param,
    code: "invalid_value",
  });
}

function audioBytesOf(event: WireEvent): number {
  return Buffer.byteLength(stringIn(event, "delta") ?? "", "base64");
}

function promptOf(item: Fields): string {
  return listIn(item, "content")
    .map((part) => stringIn(part, "text") ?? "")
    .join("");
}

/** The agent's last message is marked as such by some clients. */
function withoutPrefix(item: Fields): Fields {
  const { output } = item;
  return typeof output === "string" && output.startsWith(AGENT_PREFIX)
    ? { ...item, output: output.slice(AGENT_PREFIX.length) }
    : item;
}
