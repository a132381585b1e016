import type { ResponseEvent } from "./events/types.ts";
import type { EventIterator } from "./source.ts";

/** A web stream that asks for an event when it is asked for one: the reader's pace stays the connection's. */
export function readableOf<Chunk>(
  source: EventIterator,
  chunkOf: (event: ResponseEvent) => Chunk,
): ReadableStream<Chunk> {
  return new ReadableStream<Chunk>(
    {
      async pull(controller) {
        const step = await source.next();
        if (step.done) controller.close();
        else controller.enqueue(chunkOf(step.value));
      },
      async cancel() {
        await source.return();
      },
    },
    { highWaterMark: 0 },
  );
}

const encoder = new TextEncoder();

/** The event as one of an event stream; JSON has no line end, so that one line holds it. */
export function eventBytes(event: ResponseEvent): Uint8Array {
  return encoder.encode(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
}
