import { createHash } from "node:crypto";
import { Connections } from "./connections.ts";
import { MODELS_ETAG } from "./endpoints/models.ts";
import { type Fields, fieldsIn, stringIn, type WireEvent } from "./fields.ts";
import type { EmulatedRateLimits, EmulatorOptions } from "./options.ts";
import { paced } from "./pace.ts";
import { rateLimitHeaders, sampleRateLimits } from "./rate-limit-report.ts";
import { type RecordedRequest, Recording } from "./recording.ts";
import { generate } from "./responses/generation.ts";
import { Identifiers } from "./responses/identifiers.ts";
import { OutputObserver, previousResponseNotFound, ResponseMemory } from "./responses/memory.ts";
import { checkToolPairs, type ResponsesRequest } from "./responses/request.ts";
import type { Turn } from "./responses/response-object.ts";
import { ScriptReader, type StepItems } from "./script.ts";
import { ServiceError } from "./service-error.ts";

const STORED_RESPONSES = 100;

/** What both carriers share: the options, what was recorded, and how a turn is made. */
export class Service {
  readonly options: EmulatorOptions;
  readonly connections = new Connections();
  readonly identifiers = new Identifiers();
  readonly recording: Recording;
  readonly script: ScriptReader;
  /** Responses with `store` on, for every connection. */
  readonly stored = new ResponseMemory(STORED_RESPONSES);
  readonly rateLimits: EmulatedRateLimits | undefined;
  #turnStates = 0;

  constructor(options: EmulatorOptions) {
    this.options = options;
    this.recording = new Recording(options.recordLimit);
    this.script = new ScriptReader(options.script);
    this.rateLimits = options.rateLimits === false ? undefined : (options.rateLimits ?? sampleRateLimits(nowSeconds()));
  }

  record(request: RecordedRequest): void {
    this.recording.add(request);
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
    const token = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? "")?.[1];
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

  /** Headers of an answer of the model, or of a handshake: that has no body yet, and its limits come as events. */
  modelHeaders(body: Fields | undefined): Record<string, string> {
    const { serverModel, turnState = false } = this.options;
    const model = serverModel ?? (body && stringIn(body, "model"));
    return {
      ...(model !== undefined && { "openai-model": model }),
      "x-models-etag": MODELS_ETAG,
      ...((!body || fieldsIn(body, "reasoning")) && { "x-reasoning-included": "true" }),
      ...(turnState && { "x-codex-turn-state": this.#nextTurnState() }),
      ...(body && this.rateLimits && rateLimitHeaders(this.rateLimits)),
    };
  }

  /**
   * @param local - conversations of this connection, looked up before the stored ones.
   * @throws {@link ServiceError} 400 when the request goes on from an unknown response, or calls and outputs do not pair.
   */
  openTurn(request: ResponsesRequest, local?: ResponseMemory): Turn {
    const { previousResponseId } = request;
    let earlier: readonly Fields[] = [];
    if (previousResponseId !== undefined) {
      const found = local?.get(previousResponseId) ?? this.stored.get(previousResponseId);
      if (!found) throw previousResponseNotFound(previousResponseId);
      earlier = found;
    }
    const conversation = [...earlier, ...request.input];
    checkToolPairs(conversation);
    return { id: this.identifiers.next("resp"), createdAt: nowSeconds(), request, conversation };
  }

  /** The model's events at the model's pace. */
  eventsOf(turn: Turn, gone: AbortSignal): StepItems<WireEvent> {
    const events = generate(turn, this.identifiers, nowSeconds);
    const { pace = "none" } = this.options;
    return pace !== "none" ? paced(events, pace, (event) => stringIn(event, "delta") ?? "", gone) : events;
  }

  /** Passes events on and remembers the conversation they complete. */
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
        const conversation = [...turn.conversation, ...completed.items];
        local?.set(completed.id, conversation);
        if (turn.request.body.store !== false) this.stored.set(completed.id, conversation);
      }
      yield event;
    }
  }

  #nextTurnState(): string {
    this.#turnStates += 1;
    return createHash("sha256").update(`turn state ${this.#turnStates}`).digest("base64url");
  }
}

export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
