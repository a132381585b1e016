import type { HeaderMap } from "../../../client/headers.ts";
import type { WebSocketConnection } from "../../../client/websocket/index.ts";
import type { RealtimeEvent } from "../events.ts";
import type { RealtimeProtocolName } from "../settings.ts";
import type { RealtimeClosure } from "./closure.ts";
import { type RealtimeContext, RealtimeLink } from "./link.ts";
import { RealtimeEvents } from "./reader.ts";
import { RealtimeWriter } from "./writer.ts";

/**
 * A realtime session. It can send and receive at the same time: it is a writer, has `events` to read, and can itself be iterated. It stays
 * open, and keeps the process alive, until `close`, the service's close frame or a failure. Leaving a loop over its events early does not
 * close it.
 */
export class RealtimeWebSocketConnection extends RealtimeWriter implements AsyncIterable<RealtimeEvent> {
  /** Headers of the server's answer to the handshake. */
  readonly headers: HeaderMap;
  readonly events: RealtimeEvents;
  readonly protocol: RealtimeProtocolName;
  /** True if the model answers a text or a handoff's output only after `createResponse`. */
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

  /** The sending half, for code that should only send. */
  get writer(): RealtimeWriter {
    return this;
  }

  /** How the connection ended. Set as soon as that is known, which may be before all events are read; undefined while it is open. */
  get closure(): RealtimeClosure | undefined {
    return this.#link.closure;
  }

  /** @internal True if this side put the call into the conversation. Other items are not tracked. */
  hasPut(itemId: string): boolean {
    return this.#link.ownItems.has(itemId);
  }

  /** {@inheritDoc RealtimeEvents.nextEvent} */
  nextEvent(...args: Parameters<RealtimeEvents["nextEvent"]>): Promise<RealtimeEvent | undefined> {
    return this.events.nextEvent(...args);
  }

  /** As `events`: leaving a loop early keeps the connection open; the next loop continues where this one stopped. */
  [Symbol.asyncIterator](): AsyncGenerator<RealtimeEvent, undefined> {
    return this.events[Symbol.asyncIterator]();
  }

  /** Ends the connection at once, without a close frame. */
  terminate(): void {
    this.#link.terminate();
  }
}
