import { deliver, fired } from "../delivery/delivery.ts";
import { isScripted, ORDINARY, type Step, travelsAsUsual } from "../delivery/script.ts";
import { type Fields, isFields, stringIn } from "../fields.ts";
import type { RecordedRequest } from "../journal/recorded-request.ts";
import { rateLimitEvents } from "../rate-limit-report.ts";
import type { Generation } from "../responses/events/generation.ts";
import type { ResponseMemory } from "../responses/kept/memory.ts";
import { batchesOf, oneByOne } from "../responses/playing.ts";
import type { ResponsesRequest } from "../responses/request.ts";
import type { Turn } from "../responses/response-object.ts";
import type { Service } from "../service.ts";
import { ServiceError } from "../service-error.ts";
import { type Lane, Lanes } from "./lanes.ts";
import type { FrameOutlet } from "./outlet.ts";
import { type AcceptedSocket, errorFrame, SocketPeer } from "./peer.ts";
import { Steering } from "./steering.ts";

const DEFAULT_LIMIT_MS = 3_600_000;

/** One WebSocket. Requests of a lane are answered in order, and each may continue from the last response; lanes run at the same time. */
export class ResponsesConnection {
  readonly #service: Service;
  readonly #peer: SocketPeer;
  readonly #openedAt = performance.now();
  readonly #lanes = new Lanes();
  readonly #steering: Steering;
  #answered = 0;

  constructor(service: Service, accepted: AcceptedSocket) {
    this.#service = service;
    this.#peer = new SocketPeer(service, accepted, (request) => this.#receive(request));
    this.#steering = new Steering(service.identifiers, (event, lane) => {
      void this.#peer.outlet({}, lane?.name).sendEvent(event);
    });
  }

  #receive(request: RecordedRequest): void {
    const frame = isFields(request.json) ? request.json : {};
    try {
      if (frame.type === "response.steer") this.#steering.steer(frame);
      else if (frame.type === "response.interrupt") this.#interrupt(frame);
      else this.#enqueue(request, this.#lanes.of(frame));
    } catch (error) {
      this.#refuse(error, stringIn(frame, "stream_id"));
    }
  }

  #enqueue(request: RecordedRequest, lane: Lane): void {
    this.#lanes.enqueue(lane, () => this.#answerNext(request, lane));
  }

  /** @throws {@link ServiceError} 400 */
  #interrupt(frame: Fields): void {
    if (this.#steering.interrupt(frame)) return;
    throw new ServiceError(400, {
      message: `Response with id '${String(frame.response_id)}' is not active on this connection.`,
      param: "response_id",
      code: "response_not_active",
    });
  }

  /** Never rejects. */
  async #answerNext(request: RecordedRequest, lane: Lane): Promise<void> {
    if (this.#peer.gone.hasHappened) return;
    try {
      const before = () => this.#service.archive.before(request.json, this.#memoryOf(lane));
      await this.#answer(request, await this.#service.script.next(request, before), lane);
    } catch (error) {
      forget(request.json, lane);
      this.#refuse(error, lane.name);
    }
  }

  #refuse(error: unknown, streamId: string | undefined): void {
    if (error instanceof ServiceError) this.#peer.refuse(error, streamId);
    else this.#peer.fail(error);
  }

  async #answer(request: RecordedRequest, step: Step, lane: Lane): Promise<void> {
    const outlet = this.#peer.outlet(step, lane.name);
    if (step.resetBeforeHeaders) return outlet.reset();
    if (step.stallBeforeHeaders) return fired(outlet.gone.signal);
    if (step.status !== undefined) {
      forget(request.json, lane);
      return deliver(outlet, { ...step, events: [errorFrame(step)] });
    }
    if (isScripted(step)) {
      const turn = this.#turnOrNothing(request.json, lane);
      return deliver(outlet, { ...step, events: this.#service.remembered(step.events ?? [], turn, lane.memory) });
    }
    if (this.#isWornOut()) {
      this.#peer.refuse(connectionLimitReached(), lane.name);
      this.#peer.close(1000);
      return;
    }
    const turn = this.#openTurn(request.json, lane);
    if (!turn) return;
    this.#answered += 1;
    for (const event of this.#limitsFor(request)) await outlet.sendEvent(event);
    await this.#play(turn, step, lane, outlet);
  }

  /** Plays a response and its successors, which follow after steering. */
  async #play(first: Turn, firstStep: Step, lane: Lane, outlet: FrameOutlet): Promise<void> {
    let turn: Turn | undefined = first;
    for (let step = firstStep; turn; step = ORDINARY) {
      const generation = this.#service.generate(turn, step, lane.memory);
      this.#steering.begin(generation, lane);
      await this.#send(generation, step, outlet);
      const input = this.#steering.end(generation);
      turn = input && !outlet.gone.hasHappened ? this.#successorOf(generation, input, lane) : undefined;
    }
  }

  async #send(generation: Generation, step: Step, outlet: FrameOutlet): Promise<void> {
    const pace = this.#service.paceOf(step);
    const batches = batchesOf(generation, pace, outlet.gone);
    if (!travelsAsUsual(step)) return deliver(outlet, { ...step, events: oneByOne(batches) });
    for await (const batch of batches) {
      await outlet.sendBatch(batch);
      if (outlet.gone.hasHappened) return;
    }
  }

  /** It continues with the settings of the response that was steered. */
  #successorOf({ turn }: Generation, input: readonly Fields[], lane: Lane): Turn {
    const body = { ...turn.request.body, previous_response_id: turn.id, input };
    return this.#open(this.#service.parse(body), lane);
  }

  /** Undefined for a message that needs no answer. @throws {@link ServiceError} */
  #openTurn(frame: unknown, lane: Lane): Turn | undefined {
    if (!isFields(frame)) throw new ServiceError(400, { message: "We could not parse the JSON body of your request." });
    const { type, stream_id: _lane, ...body } = frame;
    if (type === "response.processed") return undefined;
    if (type !== "response.create") {
      throw new ServiceError(400, {
        message: `Invalid value: '${String(type)}'. Supported values are: 'response.create', 'response.steer', and 'response.interrupt'.`,
        param: "type",
        code: "invalid_value",
      });
    }
    if (body.background === true) {
      throw new ServiceError(400, {
        message: "Unsupported parameter: 'background' is not supported over WebSocket.",
        param: "background",
        code: "unsupported_parameter",
      });
    }
    const request = this.#service.parse(body);
    const owed = this.#steering.takeOwed(request.previousResponseId);
    return this.#open(owed.length === 0 ? request : { ...request, input: [...owed, ...request.input] }, lane);
  }

  #open(request: ResponsesRequest, lane: Lane): Turn {
    return this.#service.openTurn(request, this.#memoryOf(lane));
  }

  #memoryOf(lane: Lane): Pick<ResponseMemory, "get"> {
    return { get: (id) => this.#lanes.recall(lane, id) };
  }

  #turnOrNothing(frame: unknown, lane: Lane): Turn | undefined {
    try {
      return this.#openTurn(frame, lane);
    } catch {
      return undefined;
    }
  }

  #limitsFor(request: RecordedRequest): readonly Fields[] {
    const limits = this.#service.limitsFor(request);
    return limits ? rateLimitEvents(limits) : [];
  }

  #isWornOut(): boolean {
    const { connectionLimitMs = DEFAULT_LIMIT_MS, connectionMaxRequests = Number.POSITIVE_INFINITY } =
      this.#service.options;
    return performance.now() - this.#openedAt >= connectionLimitMs || this.#answered >= connectionMaxRequests;
  }
}

/** A failed request also forgets the response that it continued from, if that belongs to its own lane; the source of a fork is kept. */
function forget(frame: unknown, lane: Lane): void {
  const previous = isFields(frame) ? frame.previous_response_id : undefined;
  if (typeof previous === "string") lane.memory.delete(previous);
}

function connectionLimitReached(): ServiceError {
  return new ServiceError(400, {
    message:
      "Responses websocket connection limit reached (60 minutes). Create a new websocket connection to continue.",
    code: "websocket_connection_limit_reached",
  });
}
