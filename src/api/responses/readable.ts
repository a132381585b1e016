import type { ResponseEvent } from "./events/types.ts";
import type { EventIterator } from "./source.ts";

/** A web stream that fetches an event only when its reader asks for one, so a slow reader slows the connection down. */
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

/** The event in event-stream format. JSON contains no line end, so one `data` line holds it. */
export function eventBytes(event: ResponseEvent): Uint8Array {
  return encoder.encode(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
}
