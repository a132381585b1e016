import { deliver, fired } from "../delivery.ts";
import { isFields } from "../fields.ts";
import { rateLimitEvents } from "../rate-limit-report.ts";
import type { RecordedRequest } from "../recording.ts";
import { ResponseMemory } from "../responses/memory.ts";
import { parseResponsesRequest } from "../responses/request.ts";
import type { Turn } from "../responses/response-object.ts";
import type { Step, StepItems } from "../script.ts";
import type { Service } from "../service.ts";
import { ServiceError } from "../service-error.ts";
import { type AcceptedSocket, errorFrame, SocketPeer } from "./peer.ts";

const DEFAULT_LIMIT_MS = 3_600_000;
const MAX_QUEUED_REQUESTS = 16;

/** One WebSocket: requests are answered one at a time in order, each may go on from the last response. */
export class ResponsesConnection {
  readonly #service: Service;
  readonly #peer: SocketPeer;
  readonly #openedAt = performance.now();
  readonly #memory = new ResponseMemory(1); // the service, too, keeps the newest response of a connection alone
  #queue: Promise<void> = Promise.resolve();
  #queued = 0;
  #answered = 0;

  constructor(service: Service, accepted: AcceptedSocket) {
    this.#service = service;
    this.#peer = new SocketPeer(service, accepted, (request) => this.#receive(request));
  }

  #receive(request: RecordedRequest): void {
    if (this.#queued >= MAX_QUEUED_REQUESTS) {
      this.#peer.refuse(
        new ServiceError(429, { message: "Too many requests wait on this connection.", code: "slow_down" }),
      );
      return;
    }
    this.#queued += 1;
    this.#queue = this.#queue.then(() => this.#answerNext(request)).finally(() => (this.#queued -= 1));
  }

  /** Never rejects. */
  async #answerNext(request: RecordedRequest): Promise<void> {
    if (this.#peer.gone.aborted) return;
    try {
      await this.#answer(request, await this.#service.script.next(request));
    } catch (error) {
      this.#forget(request.json);
      if (error instanceof ServiceError) this.#peer.refuse(error);
      else this.#peer.close(1011, "the emulator's script failed");
    }
  }

  async #answer(request: RecordedRequest, step: Step): Promise<void> {
    const outlet = this.#peer.outlet(step);
    if (step.resetBeforeHeaders) return outlet.reset();
    if (step.stallBeforeHeaders) return fired(outlet.gone);
    if (step.status !== undefined) {
      this.#forget(request.json);
      return deliver(outlet, { ...step, events: [errorFrame(step)] });
    }
    if (isScripted(step)) {
      const turn = this.#turnOrNothing(request.json);
      return deliver(outlet, { ...step, events: this.#service.remembered(step.events ?? [], turn, this.#memory) });
    }
    if (this.#isWornOut()) {
      this.#peer.refuse(connectionLimitReached());
      this.#peer.close(1000);
      return;
    }
    const turn = this.#openTurn(request.json);
    if (!turn) return;
    this.#answered += 1;
    for (const event of this.#service.rateLimits ? rateLimitEvents(this.#service.rateLimits) : [])
      await outlet.sendEvent(event);
    await deliver(outlet, { ...step, events: this.#eventsOf(turn, outlet.gone) });
  }

  #eventsOf(turn: Turn, gone: AbortSignal): StepItems<unknown> {
    return this.#service.remembered(this.#service.eventsOf(turn, gone), turn, this.#memory);
  }

  /** Nothing for a message that wants no answer. @throws {@link ServiceError} */
  #openTurn(frame: unknown): Turn | undefined {
    if (!isFields(frame)) throw new ServiceError(400, { message: "We could not parse the JSON body of your request." });
    const { type, ...body } = frame;
    if (type === "response.processed") return undefined;
    if (type !== "response.create") {
      throw new ServiceError(400, {
        message: `Invalid value: '${String(type)}'. Supported values are: 'response.create'.`,
        param: "type",
        code: "invalid_value",
      });
    }
    return this.#service.openTurn(parseResponsesRequest(body), this.#memory);
  }

  #turnOrNothing(frame: unknown): Turn | undefined {
    try {
      return this.#openTurn(frame);
    } catch {
      return undefined;
    }
  }

  #isWornOut(): boolean {
    const { connectionLimitMs = DEFAULT_LIMIT_MS, connectionMaxRequests = Number.POSITIVE_INFINITY } =
      this.#service.options;
    return performance.now() - this.#openedAt >= connectionLimitMs || this.#answered >= connectionMaxRequests;
  }

  /** A request that failed takes the response it went on from with it. */
  #forget(frame: unknown): void {
    const previous = isFields(frame) ? frame.previous_response_id : undefined;
    if (typeof previous === "string") this.#memory.delete(previous);
  }
}

function isScripted({ events, raw, frames }: Step): boolean {
  return events !== undefined || raw !== undefined || frames !== undefined;
}

function connectionLimitReached(): ServiceError {
  return new ServiceError(400, {
    message:
      "Responses websocket connection limit reached (60 minutes). Create a new websocket connection to continue.",
    code: "websocket_connection_limit_reached",
  });
}
