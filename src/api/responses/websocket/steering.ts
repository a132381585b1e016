import { decodeRawData, type RawData } from "../../../client/raw-text.ts";
import { parameterOf } from "../../refusal/details.ts";
import { NotSupportedError, SteerFailedError } from "../../refusal/kinds.ts";
import { fieldOf, filled, idIn, isJsonObject, type JsonObject } from "../../wire/json.ts";
import { encodeRequestInput, inputItems } from "../../wire/request-input.ts";
import type { EarlierResponses } from "../events/earlier.ts";
import { parseWireEvent } from "../events/parse.ts";
import type { ResponseFlow } from "../flow.ts";
import type { Steer, SteerDelivery, SteerInput } from "../source.ts";
import { steerFrame } from "./frames.ts";

/** How long, in milliseconds, the end of a response is held back until the service answers steering input. */
const ANSWER_MS = 2_000;
/** How long, in milliseconds, until a response begins that continues with accepted input; no model's answer is part of this wait. */
const SUCCESSOR_MS = 15_000;

interface Promised<Value> {
  readonly promise: Promise<Value>;
  resolve(value: Value): void;
  reject(error: unknown): void;
}

/** Steering input whose fate is unknown. */
interface OpenSteer {
  readonly input: SteerInput;
  readonly accepted: Promised<Steer>;
  readonly delivery: Promised<SteerDelivery>;
  /** The service's id, once it has accepted the input. */
  id: string | undefined;
  isSent: boolean;
}

export interface SteeringOptions {
  readonly flow: ResponseFlow;
  /** The responses before the one that is steered. */
  readonly earlier: EarlierResponses;
  readonly send: (frame: string) => void;
  /** The service did not answer, so later messages on this connection can no longer be told apart. */
  readonly unanswered: () => void;
}

/**
 * Steering of one response, and the successor that replaces it. The end of the first response is held back while it is unknown whether a
 * successor comes. If one does, that end does not end the stream.
 */
export class Steering {
  readonly #options: SteeringOptions;
  readonly #open: OpenSteer[] = [];
  #heldEnd: RawData | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SteeringOptions) {
    this.#options = options;
  }

  /** True if the fate of some input is unknown. */
  get isOpen(): boolean {
    return this.#open.length > 0;
  }

  /** True if the service may begin another response, because it has got input whose fate is unknown. */
  get mayBringSuccessor(): boolean {
    return this.#open.some(({ isSent }) => isSent);
  }

  /** True if the response has ended, so that its successor comes next. */
  get holdsEnd(): boolean {
    return this.#heldEnd !== undefined;
  }

  steer(input: SteerInput): Promise<Steer> {
    const steer: OpenSteer = { input, accepted: promised(), delivery: promised(), id: undefined, isSent: false };
    this.#open.push(steer);
    this.sendWaiting();
    return steer.accepted.promise;
  }

  /** Sends waiting input, once the response's id is known. */
  sendWaiting(): void {
    const { responseId } = this.#options.flow.received;
    if (responseId === undefined || this.#heldEnd !== undefined) return;
    for (const steer of this.#open) {
      if (steer.isSent) continue;
      steer.isSent = true;
      this.#options.send(steerFrame(responseId, encodeRequestInput(inputItems(steer.input))));
    }
  }

  /** @returns True if the message was about steering, or is held back; otherwise it belongs to the response. */
  takes(message: RawData): boolean {
    const event = parseWireEvent(decodeRawData(message));
    switch (event?.type) {
      case "response.steer.accepted":
        return this.#answered(() => this.#accepted(event));
      case "response.steer.pending":
        return this.#answered(() => this.#pending(event));
      case "response.steer.failed":
        return this.#answered(() => this.#failed(event));
      case "error":
        return this.#takesRefusal(event);
      case "response.completed":
        return this.#hold(message, event);
      case "response.incomplete":
        return reasonOf(event) !== "interrupted" && this.#hold(message, event); // after an interruption no successor follows
      case "response.created":
        if (this.#heldEnd !== undefined) this.#succeed(this.#heldEnd, event);
        return false;
      default:
        return false;
    }
  }

  /** The response is over, or its reader has left. */
  end(): void {
    clearTimeout(this.#timer);
    this.#heldEnd = undefined;
    for (const steer of this.#open.splice(0)) reject(steer, notActive(steer.input));
  }

  /** No successor can come any more: an end that was held back counts. */
  releaseEnd(): void {
    const end = this.#heldEnd;
    if (end === undefined) return;
    clearTimeout(this.#timer);
    this.#heldEnd = undefined;
    const { flow } = this.#options;
    flow.read(end);
    flow.took(end.length);
  }

  /** The service's answers are numbered among the events of the response. */
  #answered(handle: () => void): true {
    this.#options.flow.countRead();
    handle();
    return true;
  }

  #accepted(event: JsonObject): void {
    const steer = this.#unanswered();
    if (!steer) return;
    steer.id = idIn(event.steer) ?? "";
    steer.accepted.resolve({ id: steer.id, delivery: steer.delivery.promise });
  }

  #pending({ steer: told, reason, required_input }: JsonObject): void {
    const steer = this.#openWithId(told);
    if (!steer) return;
    steer.delivery.resolve({
      status: "pending",
      reason: filled(reason) ?? "unknown",
      requiredInput: Array.isArray(required_input) ? required_input.filter(isJsonObject) : [],
    });
    this.#settled(steer);
  }

  #failed({ steer: told, error }: JsonObject): void {
    const steer = this.#openWithId(told) ?? this.#unanswered();
    if (!steer) return;
    const code = filled(fieldOf(error, "code")) ?? "unknown";
    const words = filled(fieldOf(error, "message"));
    reject(
      steer,
      steerFailed(`the service refuses to steer the response: ${code}${words ? ` (${words})` : ""}`, code, steer.input),
    );
    this.#settled(steer);
  }

  /** The answer of a service that does not know steering messages. */
  #takesRefusal(event: JsonObject): boolean {
    const steer = this.#unanswered();
    const words = filled(fieldOf(event.error, "message")) ?? filled(event.message) ?? "";
    if (!steer || !(parameterOf(event) === "type" || words.includes("response.steer"))) return false;
    reject(
      steer,
      new NotSupportedError(`the service does not know how to steer a response: ${words}`, { feature: "steering" }),
    );
    this.#settled(steer);
    return true;
  }

  /** The input that the next answer is about: the service answers in the order of sending. */
  #unanswered(): OpenSteer | undefined {
    return this.#open.find(({ isSent, id }) => isSent && id === undefined);
  }

  /** @param told - The `steer` of an event, which has the id of the input. */
  #openWithId(told: unknown): OpenSteer | undefined {
    const id = idIn(told);
    return id === undefined ? undefined : this.#open.find((steer) => steer.id === id);
  }

  #hold(message: RawData, event: JsonObject): boolean {
    if (!this.mayBringSuccessor || this.#options.earlier.own(event)) return false;
    this.#heldEnd = message;
    this.#timer = setTimeout(this.#noAnswer, ANSWER_MS).unref();
    return true;
  }

  readonly #noAnswer = (): void => {
    this.#timer = setTimeout(this.#noSuccessor, SUCCESSOR_MS - ANSWER_MS).unref();
    this.#giveUp(({ id }) => id === undefined, "no_answer", `the service said nothing for ${ANSWER_MS} ms`);
  };

  readonly #noSuccessor = (): void => {
    const why = `the service accepted the input, but began no response that continues with it within ${SUCCESSOR_MS} ms`;
    this.#giveUp(() => true, "no_successor", why);
  };

  /** The input has no effect any more. Once none is left, the end that was held back counts. */
  #giveUp(which: (steer: OpenSteer) => boolean, code: string, why: string): void {
    const lost = this.#open.filter((steer) => steer.isSent && which(steer));
    if (lost.length > 0) this.#options.unanswered();
    for (const steer of lost) {
      reject(steer, steerFailed(why, code, steer.input));
      this.#settled(steer);
    }
  }

  /** A successor continues with all accepted input. */
  #succeed(end: RawData, created: JsonObject): void {
    clearTimeout(this.#timer);
    this.#heldEnd = undefined;
    const delivered = this.#open.filter(({ id }) => id !== undefined);
    for (const steer of delivered) this.#open.splice(this.#open.indexOf(steer), 1);
    this.#options.flow.goOn(
      end,
      delivered.flatMap(({ input }) => inputItems(input)),
    );
    const responseId = idIn(created.response);
    for (const { delivery } of delivered)
      delivery.resolve({ status: "delivered", ...(responseId === undefined ? {} : { responseId }) });
  }

  /** If the end was held back only for this input, it counts now. */
  #settled(steer: OpenSteer): void {
    this.#open.splice(this.#open.indexOf(steer), 1);
    if (!this.mayBringSuccessor) this.releaseEnd();
  }
}

function reasonOf({ response }: JsonObject): unknown {
  return fieldOf(fieldOf(response, "incomplete_details"), "reason");
}

function promised<Value>(): Promised<Value> {
  let settle!: Omit<Promised<Value>, "promise">;
  const promise = new Promise<Value>((resolve, reject) => {
    settle = { resolve, reject };
  });
  promise.catch(() => {}); // callers need not look at it
  return { promise, ...settle };
}

function reject(steer: OpenSteer, error: unknown): void {
  steer.accepted.reject(error);
  steer.delivery.reject(error);
}

export function notActive(input: SteerInput): SteerFailedError {
  return steerFailed("the response ended before the service took it", "response_not_active", input);
}

function steerFailed(why: string, code: string, input: SteerInput): SteerFailedError {
  return new SteerFailedError(`${why}; \`input\` has the input, for the next request`, {
    code,
    input: inputItems(input),
  });
}
