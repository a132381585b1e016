import type { HeaderMap } from "../../client/headers.ts";
import type { WebsocketConnection } from "../../client/websocket/index.ts";
import type { RealtimeEvent } from "./events.ts";
import { type RealtimeContext, RealtimeLink } from "./link.ts";
import { RealtimeEvents } from "./reader.ts";
import type { RealtimeProtocolName } from "./settings.ts";
import { RealtimeWriter } from "./writer.ts";

type Writes = Pick<
  RealtimeWriter,
  | "sendAudioFrame"
  | "sendConversationItem"
  | "sendHandoffOutput"
  | "sendPayload"
  | "sendResponseCreate"
  | "sendSessionUpdate"
>;

/**
 * A realtime session. Both directions work at once: `writer` sends, `events` reads, and the connection has the methods of both. It stays
 * open, and the process with it, until `close`, the service's goodbye or a failure; a loop over its events that is left early does not
 * close it.
 */
export class RealtimeWebsocketConnection implements AsyncIterable<RealtimeEvent>, Writes {
  /** Of the server's answer to the handshake. */
  readonly headers: HeaderMap;
  readonly writer: RealtimeWriter;
  readonly events: RealtimeEvents;
  readonly protocol: RealtimeProtocolName;
  /** The model answers a text or a handoff's output only after `sendResponseCreate`. */
  readonly answersWhenAsked: boolean;
  readonly #link: RealtimeLink;

  constructor(connection: WebsocketConnection, context: RealtimeContext) {
    this.#link = new RealtimeLink(connection, context);
    this.headers = connection.headers;
    this.protocol = context.protocol.name;
    this.answersWhenAsked = context.protocol.answersWhenAsked;
    this.writer = new RealtimeWriter(this.#link);
    this.events = new RealtimeEvents(this.#link);
  }

  /** Nothing can be sent any more. */
  get isClosed(): boolean {
    return this.#link.isClosed;
  }

  /** {@inheritDoc RealtimeWriter.droppedAudioFrames} */
  get droppedAudioFrames(): number {
    return this.#link.droppedAudioFrames;
  }

  /** {@inheritDoc RealtimeEvents.nextEvent} */
  nextEvent(...args: Parameters<RealtimeEvents["nextEvent"]>): Promise<RealtimeEvent | undefined> {
    return this.events.nextEvent(...args);
  }

  /** {@inheritDoc RealtimeEvents.[asyncIterator]} */
  [Symbol.asyncIterator](): AsyncGenerator<RealtimeEvent, undefined> {
    return this.events[Symbol.asyncIterator]();
  }

  /** {@inheritDoc RealtimeWriter.sendAudioFrame} */
  sendAudioFrame(...args: Parameters<Writes["sendAudioFrame"]>): Promise<void> {
    return this.writer.sendAudioFrame(...args);
  }

  /** {@inheritDoc RealtimeWriter.sendConversationItem} */
  sendConversationItem(...args: Parameters<Writes["sendConversationItem"]>): Promise<void> {
    return this.writer.sendConversationItem(...args);
  }

  /** {@inheritDoc RealtimeWriter.sendHandoffOutput} */
  sendHandoffOutput(...args: Parameters<Writes["sendHandoffOutput"]>): Promise<void> {
    return this.writer.sendHandoffOutput(...args);
  }

  /** {@inheritDoc RealtimeWriter.sendResponseCreate} */
  sendResponseCreate(...args: Parameters<Writes["sendResponseCreate"]>): Promise<void> {
    return this.writer.sendResponseCreate(...args);
  }

  /** {@inheritDoc RealtimeWriter.sendSessionUpdate} */
  sendSessionUpdate(...args: Parameters<Writes["sendSessionUpdate"]>): Promise<void> {
    return this.writer.sendSessionUpdate(...args);
  }

  /** {@inheritDoc RealtimeWriter.sendPayload} */
  sendPayload(...args: Parameters<Writes["sendPayload"]>): Promise<void> {
    return this.writer.sendPayload(...args);
  }

  /** {@inheritDoc RealtimeWriter.close} */
  close(): Promise<void> {
    return this.writer.close();
  }

  /** Ends the connection at once, without a goodbye. */
  terminate(): void {
    this.#link.terminate();
  }
}
