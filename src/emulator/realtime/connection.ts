import { deliver, fired } from "../delivery/delivery.ts";
import type { Step } from "../delivery/script.ts";
import { isFields, stringIn } from "../fields.ts";
import type { RecordedRequest } from "../journal/recorded-request.ts";
import { nowSeconds, type Service } from "../service.ts";
import { ServiceError } from "../service-error.ts";
import { type AcceptedSocket, errorFrame, SocketPeer } from "../websocket/peer.ts";
import { publicDialect } from "./public.ts";
import { quicksilver } from "./quicksilver.ts";
import { RealtimeSession } from "./session.ts";
import { merged, openedSession } from "./settings.ts";

/** Number of waiting messages from which the client is slowed down. */
const MOST_QUEUED = 64;

/**
 * One realtime WebSocket. The address determines the protocol: `intent=quicksilver`, or the public Realtime API. Each message takes a step
 * of the script; a step that is not empty replaces what the session would do.
 */
export class RealtimeConnection {
  readonly #service: Service;
  readonly #peer: SocketPeer;
  readonly #session: RealtimeSession;
  #queue: Promise<void>;
  #queued = 0;

  constructor(service: Service, accepted: AcceptedSocket) {
    this.#service = service;
    this.#peer = new SocketPeer(service, accepted, (request) => this.#receive(request));
    const { searchParams: query } = new URL(accepted.handshake.path, "http://emulator");
    const intent = query.get("intent");
    const isQuicksilver = intent === "quicksilver";
    const opened = isQuicksilver
      ? { type: intent }
      : openedSession(intent === "transcription" ? intent : "realtime", nowSeconds());
    const agreed = service.agreedSessions.find(accepted.handshake);
    const { identifiers, options } = service;
    const outlet = this.#peer.outlet();
    this.#session = new RealtimeSession(
      isQuicksilver ? quicksilver : publicDialect(identifiers),
      {
        identifiers,
        pace: options.pace ?? "none",
        gone: this.#peer.gone.signal,
        send: (event) => outlet.sendEvent(event),
      },
      merged({ ...opened, model: query.get("model") }, agreed ?? {}),
    );
    this.#queue = this.#session.open();
  }

  #receive(request: RecordedRequest): void {
    this.#queued += 1;
    if (this.#queued === MOST_QUEUED) this.#peer.pause();
    this.#queue = this.#queue.then(() => this.#answer(request)).finally(() => this.#done());
  }

  #done(): void {
    if (this.#queued === MOST_QUEUED) this.#peer.resume();
    this.#queued -= 1;
  }

  /** Never rejects. */
  async #answer(request: RecordedRequest): Promise<void> {
    if (this.#peer.gone.hasHappened) return;
    try {
      const step = await this.#service.script.next(request);
      if (Object.keys(step).length > 0) await this.#perform(step);
      else await this.#session.receive(request.json);
    } catch (error) {
      if (error instanceof ServiceError) await this.#refuse(error, request.json);
      else this.#peer.fail(error);
    }
  }

  /** The public API names the client's event, and has no status here. */
  #refuse(refusal: ServiceError, message: unknown): Promise<void> {
    const named = isFields(message) ? (stringIn(message, "event_id") ?? null) : null;
    const error = { ...refusal.error, event_id: named };
    const event_id = this.#service.identifiers.next("event");
    return this.#peer.outlet().sendEvent({ type: "error", event_id, error });
  }

  #perform(step: Step): Promise<void> {
    const outlet = this.#peer.outlet(step);
    if (step.resetBeforeHeaders) return outlet.reset();
    if (step.stallBeforeHeaders) return fired(outlet.gone.signal);
    return deliver(outlet, step.status === undefined ? step : { ...step, events: [errorFrame(step)] });
  }
}
