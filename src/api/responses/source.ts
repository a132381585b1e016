import type { ResponsePosition } from "./background/position.ts";
import type { ResponseControl } from "./control.ts";
import type { ResponseEvent } from "./events/types.ts";
import type { Received } from "./received/received.ts";

/** Where a stream's events come from. */
export interface EventIterator extends AsyncIterator<ResponseEvent, undefined> {
  /** Of a response in the background: how far its reader has come. */
  readonly position?: ResponsePosition | undefined;
  next(): Promise<IteratorResult<ResponseEvent, undefined>>;
  /** Everything that waits, else what comes together next. */
  nextBatch(): Promise<IteratorResult<ResponseEvent[], undefined>>;
  /** Lets the rest go by unread and resolves at the end; a reader's next step ends with it. Rejects with what ended the stream otherwise, at any time. */
  drain(): Promise<void>;
  /** The reader leaves, at any time. */
  return(): Promise<IteratorResult<ResponseEvent, undefined>>;
  /** Somebody else ends the stream: the reader, who may be waiting, gets `reason` instead of a quiet end. Without effect after the end. */
  leave(reason: unknown): void | Promise<void>;
}

/** Events, and what they have come to so far. */
export interface ResponseSource {
  readonly events: EventIterator;
  readonly received: Received;
  /** Absent where nothing can be said into it, as with a response in the background. */
  readonly control?: ResponseControl | undefined;
}
