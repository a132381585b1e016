import { createInterface } from "node:readline";
import { InvalidRequestError } from "../../api/errors.ts";
import { providerLimits } from "../../api/provider.ts";
import { RealtimeWebsocketClient } from "../../api/realtime/client.ts";
import type { RealtimeWebsocketConnection } from "../../api/realtime/connection.ts";
import { RealtimeConversation } from "../../api/realtime/conversation.ts";
import type { RealtimeSessionConfig } from "../../api/realtime/session-config.ts";
import { openConnection } from "../connection.ts";
import { stderrLogger } from "../logger.ts";
import {
  type CallOptions,
  callOptions,
  choice,
  type ParsedArguments,
  parseArguments,
  readCallOptions,
  text,
} from "../options.ts";
import { output, say } from "../output.ts";
import { AnswerWatch } from "../realtime/answer-watch.ts";
import { Recorder } from "../realtime/recorder.ts";
import { speak } from "../realtime/speech.ts";
import { TranscriptPrinter } from "../realtime/transcript-printer.ts";
import { openWav, type WavSource } from "../realtime/wav.ts";
import { UsageError } from "../usage-error.ts";

const DEFAULT_MODEL = "gpt-realtime";
const NO_AGENT = "No agent is connected to this session; say so, and go on without it.";

const HELP = `usage: codex-api realtime [TEXT] [OPTIONS]

Talks to a realtime session. TEXT, or each line of standard input, is said to the model; what both sides say goes to
standard output, a line a speaker. The command ends after the last answer, or with Ctrl-C.

  --wav FILE               say a recording instead, at the speed of a microphone: 24000 Hz mono 16-bit PCM
  --out FILE               write the model's voice to a WAV file
  --modality KIND          audio or text: how the model answers; default audio with --out or --wav, else text
  --voice NAME             default the protocol's: marin, or fathom in v1
  --model MODEL            default ${DEFAULT_MODEL}
  --instructions TEXT      instructions for the model
  --protocol VERSION       v1, v2 or v3; default v3, the public Realtime API as it is today
  --json                   one event a line; after a failure the last line is {"type":"error",…}
  --base-url URL           default OPENAI_BASE_URL, else the provider's
  --provider NAME          openai, chatgpt, azure, ollama or lmstudio
  --auth codex|none        use the Codex CLI's login, or no credentials
  --api-key-env NAME       variable that holds the key; default OPENAI_API_KEY
  --header 'NAME: VALUE'   a further header; may be repeated
  --conversation-id ID     sent as x-session-id
  --idle-timeout-ms N      longest wait for the next event of an answer; default 300000
  --connect-timeout-ms N   longest wait for a connection; default 15000
  --log-level LEVEL        debug, info, warn, error or silent; default warn
`;

const ownOptions = {
  wav: { type: "string" },
  out: { type: "string" },
  modality: { type: "string" },
  voice: { type: "string" },
  instructions: { type: "string" },
  protocol: { type: "string" },
} as const;

/** `codex-api realtime`: a conversation by text or from a recording. */
export async function realtime(args: readonly string[], signal: AbortSignal): Promise<void> {
  const parsed = parseArguments(args, { ...callOptions, ...ownOptions }, "realtime");
  if (parsed.help) return output.write(HELP);
  const options = readCallOptions(parsed);
  const config = readConfig(parsed, options);
  const input = await readInput(parsed);
  const out = text(parsed.values.out);
  const recorder = out === undefined ? undefined : new Recorder(out);
  const logger = stderrLogger(parsed.logLevel);
  try {
    const connection = await openConnection(options, logger);
    try {
      const session = await new RealtimeWebsocketClient(connection.client).connect(config, { signal });
      const watch = new AnswerWatch(providerLimits(connection.client.provider).streamIdleTimeoutMs);
      const conversation = new RealtimeConversation(session, { logger });
      const talk = new Talk({ session, conversation, watch, recorder, json: parsed.json });
      await talk.run(input, signal);
    } finally {
      await connection.close();
    }
  } finally {
    recorder?.close();
    await input.wav?.close();
  }
  if (recorder && !parsed.json) say(`${recorder.seconds.toFixed(1)} s of audio written to ${out}`);
}

interface Input {
  /** Of the command line. */
  readonly typed?: string | undefined;
  readonly wav?: WavSource | undefined;
}

async function readInput({ positionals, values }: ParsedArguments): Promise<Input> {
  if (positionals.length > 1) throw new UsageError("TEXT is one argument: put it in quotes");
  const [typed] = positionals;
  const wav = text(values.wav);
  if (wav !== undefined && typed !== undefined) throw new UsageError("give a TEXT or --wav FILE, not both");
  return { typed, wav: wav === undefined ? undefined : await openWav(wav) };
}

function readConfig({ values }: ParsedArguments, options: CallOptions): RealtimeSessionConfig {
  const hasSound = values.out !== undefined || values.wav !== undefined;
  return {
    instructions: text(values.instructions) ?? "",
    model: options.model ?? DEFAULT_MODEL,
    sessionId: options.conversationId,
    protocol: choice("protocol", text(values.protocol), ["v1", "v2", "v3"]),
    voice: text(values.voice),
    outputModality: choice("modality", text(values.modality), ["audio", "text"]) ?? (hasSound ? "audio" : "text"),
  };
}

interface TalkParts {
  readonly session: RealtimeWebsocketConnection;
  readonly conversation: RealtimeConversation;
  readonly watch: AnswerWatch;
  readonly recorder: Recorder | undefined;
  readonly json: boolean;
}

/** The two sides of one conversation at the terminal. */
class Talk {
  readonly #session: RealtimeWebsocketConnection;
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
      await this.#watch.answered(); // what ended the session says more than what could not be sent because of it
      throw error;
    } finally {
      signal.removeEventListener("abort", hangUp);
      await this.#conversation.close();
      await listening;
    }
  }

  /** Never rejects: whoever waits for an answer is told. */
  async #listen(signal: AbortSignal): Promise<void> {
    let failure: unknown;
    try {
      for await (const event of this.#conversation) {
        this.#watch.observe(event);
        if (event.type === "audio_out") this.#recorder?.write(event.frame);
        if (this.#json) await output.writeJson(event);
        else await this.#printer.show(event);
        if (event.type === "delegation") await this.#refuseTask(event.handoffId, event.prompt);
        if (event.type === "error") failure = new InvalidRequestError(event.message);
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

  async #speak({ typed, wav }: Input, signal: AbortSignal): Promise<void> {
    if (wav) {
      this.#watch.asked();
      await speak(
        wav,
        (frame) => this.#conversation.sendAudioFrame(frame),
        AbortSignal.any([signal, this.#over.signal]),
      );
    } else if (typed === undefined) await this.#sayLines();
    else await this.#say(typed);
  }

  /** At a terminal the user may go on at any time; from a pipe each line waits for the answer to the one before. */
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
