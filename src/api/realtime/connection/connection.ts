import type { HeaderMap } from "../../../client/headers.ts";
import type { WebSocketConnection } from "../../../client/websocket/index.ts";
import type { RealtimeEvent } from "../events.ts";
import type { RealtimeProtocolName } from "../settings.ts";
import type { RealtimeClosure } from "./closure.ts";
import { type RealtimeContext, RealtimeLink } from "./link.ts";
import { RealtimeEvents } from "./reader.ts";
import { RealtimeWriter } from "./writer.ts";

/**
 * A realtime session. Both directions work at once: it is a writer, has `events` to read, and is read itself as they are. It stays open, and
 * the process with it, until `close`, the service's goodbye or a failure; a loop over its events that is left early does not close it.
 */
export class RealtimeWebSocketConnection extends RealtimeWriter implements AsyncIterable<RealtimeEvent> {
  /** Of the server's answer to the handshake. */
  readonly headers: HeaderMap;
  readonly events: RealtimeEvents;
  readonly protocol: RealtimeProtocolName;
  /** The model answers a text or a handoff's output only after `createResponse`. */
  readonly answersWhenAsked: boolean;
  readonly #link: RealtimeLink;

  constructor(connection: WebSocketConnection, context: RealtimeContext) {
    const link = new RealtimeLink(connection, context);
    super(link);
    this.#link = link;
    this.headers = connection.headers;
    this.protocol = context.protocol.name;
    this.answersWhenAsked = context.protocol.answersWhenAsked;
    this.events = new RealtimeEvents(link);
  }

  /** The half that sends, for whoever shall do nothing else. */
  get writer(): RealtimeWriter {
    return this;
  }

  /** How it ended, as soon as that is known, which may be before all events are read; nothing while it is open. */
  get closure(): RealtimeClosure | undefined {
    return this.#link.closure;
  }

  /** @internal Whether this side put the item into the conversation; of calls alone. */
  hasPut(itemId: string): boolean {
    return this.#link.ownItems.has(itemId);
  }

  /** {@inheritDoc RealtimeEvents.nextEvent} */
  nextEvent(...args: Parameters<RealtimeEvents["nextEvent"]>): Promise<RealtimeEvent | undefined> {
    return this.events.nextEvent(...args);
  }

  /** {@inheritDoc RealtimeEvents.[asyncIterator]} */
  [Symbol.asyncIterator](): AsyncGenerator<RealtimeEvent, undefined> {
    return this.events[Symbol.asyncIterator]();
  }

  /** Ends the connection at once, without a goodbye. */
  terminate(): void {
    this.#link.terminate();
  }
}
