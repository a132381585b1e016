import { createHash } from "node:crypto";
import { bearerIn } from "./callers.ts";
import { Connections } from "./connections.ts";
import { directionsOf, type Step, type StepItems } from "./delivery/script.ts";
import { MODELS_ETAG } from "./endpoints/models.ts";
import { type Fields, fieldsIn, stringIn } from "./fields.ts";
import { isHeaderValue } from "./headers.ts";
import { Journal } from "./journal/journal.ts";
import type { RecordedRequest } from "./journal/recorded-request.ts";
import type { EmulatedRateLimits, EmulatorOptions } from "./options/options.ts";
import { rateLimitHeaders, sampleRateLimits } from "./rate-limit-report.ts";
import { AgreedSessions } from "./realtime/agreed-sessions.ts";
import { type Directions, Generation } from "./responses/events/generation.ts";
import { inputTokensOf } from "./responses/events/usage.ts";
import { Identifiers } from "./responses/identifiers.ts";
import { Archive } from "./responses/kept/archive.ts";
import { BackgroundRun } from "./responses/kept/background.ts";
import { Conversations } from "./responses/kept/conversations.ts";
import { OutputObserver, type ResponseMemory } from "./responses/kept/memory.ts";
import { modelNotFound, type ParseOptions, parseResponsesRequest, type ResponsesRequest } from "./responses/request.ts";
import type { Turn } from "./responses/response-object.ts";
import { isCodexBackend } from "./routes.ts";
import { Director } from "./scenario/director.ts";
import { ServiceError } from "./service-error.ts";
import { Traffic } from "./workbench/exchanges/traffic.ts";
import type { Upstream } from "./workbench/relay/upstream.ts";
import type { Replay } from "./workbench/transcripts/replay.ts";

/** Recordings that replace the service. */
export interface Replaying {
  readonly recordings: Replay;
  readonly timing: "original" | "none";
}

/** What both carriers share: the options, the recorded requests, and the creation of turns. */
export class Service {
  readonly options: EmulatorOptions;
  readonly connections = new Connections();
  readonly identifiers = new Identifiers();
  readonly journal: Journal;
  /** The traffic in both directions. */
  readonly traffic: Traffic;
  /** Where requests are sent when they are recorded and not answered here. */
  readonly upstream: Upstream | undefined;
  readonly replay: Replaying | undefined;
  /** Decides who answers each request: the script, then the scenario. */
  readonly script: Director;
  readonly conversations: Conversations;
  /** Responses with `store` on, for every connection. */
  readonly archive: Archive;
  /** For realtime: the sessions that calls and client secrets open. */
  readonly agreedSessions = new AgreedSessions();
  readonly rateLimits: EmulatedRateLimits | undefined;
  readonly #rateLimitHeaders: Readonly<Record<string, string>>;
  #turnStates = 0;

  constructor(options: EmulatorOptions, elsewhere: { readonly upstream?: Upstream; readonly replay?: Replaying } = {}) {
    this.options = options;
    this.upstream = elsewhere.upstream;
    this.replay = elsewhere.replay;
    this.journal = new Journal(options.recordLimit);
    this.traffic = new Traffic(options.recordLimit);
    this.script = new Director(options.script, options.scenario, this.journal);
    this.conversations = new Conversations(this.identifiers);
    this.archive = new Archive(this.identifiers, this.conversations);
    this.rateLimits = options.rateLimits === false ? undefined : (options.rateLimits ?? sampleRateLimits(nowSeconds()));
    this.#rateLimitHeaders = this.rateLimits ? rateLimitHeaders(this.rateLimits) : {};
  }

  record(request: RecordedRequest): void {
    this.journal.arrived(request);
    try {
      this.options.onRequest?.(request);
    } catch {
      // A log that fails must not change an answer.
    }
  }

  /** @throws {@link ServiceError} 401 */
  authorize(headers: RecordedRequest["headers"]): void {
    const { requireAuth = false } = this.options;
    if (requireAuth === false) return;
    const token = bearerIn(headers);
    if (token === undefined) {
      throw new ServiceError(401, {
        message: "Missing bearer authentication in header",
        headers: { "www-authenticate": "Bearer" },
      });
    }
    if (typeof requireAuth === "string" && token !== requireAuth) {
      throw new ServiceError(401, { message: "Incorrect API key provided.", code: "invalid_api_key" });
    }
  }

  /** Headers of every answer. */
  baseHeaders(): Record<string, string> {
    return { "x-request-id": this.identifiers.next("req"), "openai-version": "2020-10-01" };
  }

  /** Limits are reported to Codex clients, as by the ChatGPT backend, or if they were set. */
  limitsFor({ headers, path }: Pick<RecordedRequest, "headers" | "path">): EmulatedRateLimits | undefined {
    if (typeof this.options.rateLimits === "object") return this.rateLimits;
    const { "chatgpt-account-id": account, originator } = headers;
    const isCodex =
      isCodexBackend(path) || account !== undefined || (originator !== undefined && /^codex/i.test(originator));
    return isCodex ? this.rateLimits : undefined;
  }

  /**
   * Headers of a model's answer, or of a handshake, which has no body yet and whose limits come as events.
   *
   * @param asked - The request that it answers.
   */
  modelHeaders(body: Fields | undefined, asked?: Pick<RecordedRequest, "headers" | "path">): Record<string, string> {
    const { serverModel, turnState = false } = this.options;
    const model = serverModel ?? (body && stringIn(body, "model"));
    const headers: Record<string, string> = { "x-models-etag": MODELS_ETAG };
    if (model !== undefined && isHeaderValue(model)) headers["openai-model"] = model;
    if (!body || fieldsIn(body, "reasoning")) headers["x-reasoning-included"] = "true";
    if (turnState) headers["x-codex-turn-state"] = this.#nextTurnState();
    return body && asked && this.limitsFor(asked) ? { ...headers, ...this.#rateLimitHeaders } : headers;
  }

  /** @throws {@link ServiceError} 400 */
  parse(body: unknown, options?: Pick<ParseOptions, "mayLackInput">): ResponsesRequest {
    return parseResponsesRequest(body, { ...options, acceptsUnknown: this.options.unknownParameters === "accept" });
  }

  /**
   * @param local - Conversations of this connection, looked up before the stored ones.
   * @throws {@link ServiceError} 400 if the request continues an unknown response, calls and outputs do not pair, the model is not one of
   *   the given ones, or the conversation is too long for an answer in one body; a stream reports that itself.
   */
  openTurn(request: ResponsesRequest, local?: Pick<ResponseMemory, "get">): Turn {
    const { models } = this.options;
    if (models && !models.includes(request.model)) throw modelNotFound(request.model);
    const turn = this.archive.open(request, nowSeconds(), local);
    if (!request.stream && !request.isBackground && this.#isTooLong(turn)) throw new ServiceError(400, TOO_LONG);
    return turn;
  }

  #isTooLong(turn: Turn): boolean {
    const { contextWindow } = this.options;
    return contextWindow !== undefined && inputTokensOf(turn) > contextWindow;
  }

  /** The answer to a turn. It is kept before its terminal event is sent, because the next request may follow at once. */
  generate(turn: Turn, step: Step, local?: ResponseMemory): Generation {
    const directions = this.#isTooLong(turn) ? STOPPED_BY_LENGTH : directionsOf(step);
    const generation = new Generation(turn, this.identifiers, nowSeconds, directions);
    generation.onEnd = (outcome) => {
      local?.set(turn.id, outcome.conversation);
      this.archive.keep(turn, outcome);
    };
    return generation;
  }

  /** Starts a response that runs without a reader. */
  startBackground(turn: Turn, step: Step): BackgroundRun {
    const run = new BackgroundRun(this.generate(turn, step), this.options.backgroundStreamableMs);
    this.archive.begin(turn, run);
    void run.play(this.paceOf(step));
    return run;
  }

  paceOf(step: Step): NonNullable<Step["pace"]> {
    return step.pace ?? this.script.pace ?? this.options.pace ?? "none";
  }

  /** Passes scripted events on, and remembers the conversation that they complete. */
  async *remembered(
    events: StepItems<unknown>,
    turn: Turn | undefined,
    local?: ResponseMemory,
  ): AsyncGenerator<unknown> {
    const observer = new OutputObserver();
    for await (const event of events) {
      observer.observe(event);
      const { completed } = observer;
      if (completed && turn) {
        const { id, items, response } = completed;
        const conversation = [...turn.conversation, ...items];
        local?.set(id, conversation);
        this.archive.keep({ ...turn, id }, { json: JSON.stringify(response), output: items, conversation });
      }
      yield event;
    }
  }

  #nextTurnState(): string {
    this.#turnStates += 1;
    return createHash("sha256").update(`turn state ${this.#turnStates}`).digest("base64url");
  }
}

const TOO_LONG = {
  message: "Your input exceeds the context window of this model. Please adjust your input and try again.",
  param: "input",
  code: "context_length_exceeded",
};
const STOPPED_BY_LENGTH: Directions = { drafts: [], ending: { status: "failed", error: TOO_LONG, isRefusal: true } };

export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
