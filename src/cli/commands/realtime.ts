import { createInterface } from "node:readline";
import {
  InvalidRequestError,
  RealtimeConversation,
  type RealtimeSessionConfig,
  type RealtimeWebSocketConnection,
} from "../../index.ts";
import { commonOptions, eventsOption, idleTimeoutOption, serviceOptions } from "../call-options.ts";
import { defineCommand, type Invocation } from "../command.ts";
import { UsageError } from "../failure.ts";
import { choice, text } from "../options.ts";
import { output, say } from "../output.ts";
import { AnswerWatch } from "../realtime/answer-watch.ts";
import { Recorder } from "../realtime/recorder.ts";
import { speak } from "../realtime/speech.ts";
import { TranscriptPrinter } from "../realtime/transcript-printer.ts";
import { openWav, type WavSource } from "../realtime/wav.ts";
import { openConnection } from "../service/connection.ts";

/** The model that the service recommends; `gpt-realtime` is discontinued in January 2027. */
const DEFAULT_MODEL = "gpt-realtime-2.1";
const NO_AGENT = "No agent is connected to this session; say so, and go on without it.";

const options = {
  wav: text("FILE", "say a recording instead, at the speed of a microphone: 24000 Hz mono 16-bit PCM"),
  out: text("FILE", "write the model's voice to a WAV file"),
  modality: choice("KIND", ["audio", "text"], ": how the model answers; default audio with --out or --wav, else text"),
  voice: text("NAME", "default the protocol's: marin, or fathom in v1"),
  model: text("MODEL", `default ${DEFAULT_MODEL}`),
  instructions: text("TEXT", "instructions for the model"),
  protocol: choice("VERSION", ["v1", "v2", "v3"], "; default v3, the public Realtime API as it is today"),
  json: eventsOption,
  ...serviceOptions,
  conversationId: text("ID", "sent as x-session-id"),
  idleTimeoutMs: idleTimeoutOption("the next event of an answer"),
};

/** `codex-wire realtime`: a conversation by text or from a recording. */
export const realtime = defineCommand({
  name: "realtime",
  argument: "TEXT",
  isArgumentOptional: true,
  about: `Talks to a realtime session. TEXT, or each line of standard input, is said to the model; what both sides say goes to
standard output, a line a speaker. The command ends after the last answer, or with Ctrl-C.`,
  commonOptions,
  examples: [
    ['codex-wire realtime "Hello"', "in text"],
    ["codex-wire realtime --wav question.wav --out answer.wav", "in sound"],
  ],
  options,
  async run({ argument: typed, values, logger, signal }) {
    const { wav: recording, out, json } = values;
    if (recording !== undefined && typed !== undefined) throw new UsageError("give a TEXT or --wav FILE, not both");
    if (out !== undefined && values.modality === "text")
      throw new UsageError("--modality text has no sound for --out FILE to hold");
    const wav = recording === undefined ? undefined : await openWav(recording);
    const recorder = out === undefined ? undefined : new Recorder(out);
    try {
      const connection = await openConnection(values, logger);
      try {
        const session = await connection.api.realtime.connect(configOf(values), { signal });
        const watch = new AnswerWatch(connection.api.service.limits.streamIdleTimeoutMs);
        const conversation = new RealtimeConversation(session, { logger });
        const talk = new Talk({ session, conversation, watch, recorder, json });
        await talk.run({ typed, wav }, signal);
      } finally {
        await connection.close();
      }
    } finally {
      recorder?.close();
      await wav?.close();
    }
    if (recorder && !json) say(`${recorder.seconds.toFixed(1)} s of audio written to ${out}`);
  },
});

interface Input {
  /** The text given on the command line. */
  readonly typed?: string | undefined;
  readonly wav?: WavSource | undefined;
}

function configOf(values: Invocation<typeof options>["values"]): RealtimeSessionConfig {
  const { instructions = "", model = DEFAULT_MODEL, conversationId, protocol, voice, modality, out, wav } = values;
  const hasSound = out !== undefined || wav !== undefined;
  return {
    instructions,
    model,
    sessionId: conversationId,
    protocol,
    voice,
    outputModality: modality ?? (hasSound ? "audio" : "text"),
  };
}

interface TalkParts {
  readonly session: RealtimeWebSocketConnection;
  readonly conversation: RealtimeConversation;
  readonly watch: AnswerWatch;
  readonly recorder: Recorder | undefined;
  readonly json: boolean;
}

/** The two sides of one conversation at the terminal. */
class Talk {
  readonly #session: RealtimeWebSocketConnection;
  readonly #conversation: RealtimeConversation;
  readonly #watch: AnswerWatch;
  readonly #recorder: Recorder | undefined;
  readonly #json: boolean;
  readonly #printer = new TranscriptPrinter(output);
  readonly #over = new AbortController();

  constructor({ session, conversation, watch, recorder, json }: TalkParts) {
    this.#session = session;
    this.#conversation = conversation;
    this.#watch = watch;
    this.#recorder = recorder;
    this.#json = json;
  }

  async run(input: Input, signal: AbortSignal): Promise<void> {
    const hangUp = (): void => void this.#conversation.close();
    signal.addEventListener("abort", hangUp, { once: true });
    if (signal.aborted) hangUp();
    const listening = this.#listen(signal);
    try {
      await this.#speak(input, signal);
      await this.#watch.answered();
    } catch (error) {
      if (signal.aborted || !this.#session.isClosed) throw error;
      await listening;
      await this.#watch.answered(); // the error that ended the session explains more than a failed send
      throw error;
    } finally {
      signal.removeEventListener("abort", hangUp);
      await this.#conversation.close();
      await listening;
    }
  }

  /** Never rejects: whoever waits for an answer gets the error. */
  async #listen(signal: AbortSignal): Promise<void> {
    let failure: unknown;
    try {
      for await (const event of this.#conversation) {
        this.#watch.observe(event);
        if (event.type === "audio_out") this.#recorder?.write(event.frame);
        if (this.#json) await output.writeJson(event);
        else await this.#printer.show(event);
        if (event.type === "delegation") await this.#refuseTask(event.handoffId, event.prompt);
        if (event.type === "error") {
          const refusal = new InvalidRequestError(event.message, { code: event.code });
          if (this.#session.protocol === "v3") this.#watch.fail(refusal);
          else failure = refusal;
        }
        if (event.type === "function_call") await this.#refuseCall(event.callId, event.name);
      }
    } catch (error) {
      failure = error;
    }
    if (!this.#json) await this.#printer.endLine();
    if (signal.aborted || this.#conversation.closeReason === "requested") this.#watch.leave();
    else this.#watch.end(failure);
    this.#over.abort();
  }

  async #refuseTask(handoffId: string, prompt: string): Promise<void> {
    await this.#printer.endLine();
    say(`handed over, and no agent is here: ${prompt}`);
    await this.#conversation.sendAgentMessage(handoffId, NO_AGENT);
    await this.#conversation.endHandoff(handoffId);
  }

  async #refuseCall(callId: string, name: string): Promise<void> {
    await this.#printer.endLine();
    say(`the tool ${name} was called, and there is no such tool here`);
    await this.#conversation.answerCall(callId, NO_AGENT);
  }

  async #speak({ typed, wav }: Input, signal: AbortSignal): Promise<void> {
    if (wav) {
      this.#watch.speaks();
      await speak(wav, (frame) => this.#conversation.append(frame), AbortSignal.any([signal, this.#over.signal]));
      this.#watch.spoken();
    } else if (typed === undefined) await this.#sayLines();
    else await this.#say(typed);
  }

  /** At a terminal the user may continue at any time; from a pipe each line waits for the answer to the one before. */
  async #sayLines(): Promise<void> {
    const isTerminal = process.stdin.isTTY === true;
    if (isTerminal) say("type what you want to say, a line at a time; Ctrl-D ends");
    const lines = createInterface({ input: process.stdin, signal: this.#over.signal });
    for await (const line of lines) {
      if (line.trim() === "") continue;
      if (!isTerminal) await this.#watch.answered();
      await this.#say(line);
    }
  }

  async #say(line: string): Promise<void> {
    if (!this.#json && process.stdin.isTTY !== true) await this.#printer.typed(line);
    this.#watch.asked();
    await this.#conversation.say(line);
  }
}
