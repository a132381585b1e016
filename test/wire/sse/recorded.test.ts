import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ResponsesClient } from "../../../src/api/responses/client.ts";
import { clientOptions, emulate, readEvents } from "../../support/clients.ts";
import { recordedResponses } from "../../support/recordings.ts";

const recordings = recordedResponses();
const CUTS = 8;
/** One as long as this has the same kinds of events again and again, and is cut in many places each time. */
const LONG_BYTES = 300_000;
const CUTS_OF_LONG = 2;

/** The stream's bytes in pieces of the given sizes, repeated. */
function* pieces(bytes: Buffer, sizes: readonly number[]): Generator<Uint8Array, void> {
  for (let at = 0, nth = 0; at < bytes.length; nth += 1) {
    const size = sizes[nth % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function receive(chunks: Iterable<Uint8Array>) {
  const emulator = await emulate({
    script: [{ raw: chunks, headers: { "content-type": "text/event-stream" } }],
    rateLimits: false,
  });
  const client = new ResponsesClient(clientOptions(emulator.url));
  return readEvents(await client.stream({ model: "m", input: "x" }, { wireEvents: true }));
}

interface Wire {
  readonly type: string;
  readonly delta?: string;
  readonly item?: unknown;
}

describe.skipIf(recordings.length === 0)("a recorded stream", () => {
  it.each(recordings)("$name gives the same events however its bytes are cut, and loses none", async ({ lines }) => {
    const wire = lines.map((line) => JSON.parse(line) as Wire);
    const bytes = Buffer.from(lines.map((line, nth) => `event: ${wire[nth]?.type}\ndata: ${line}\n\n`).join(""));
    const whole = await receive([bytes]);

    const deltas = (type: string) => wire.filter((event) => event.type === type).map((event) => event.delta);
    const seen = whole.events.map((event) => event as Wire);
    expect(seen.filter((event) => event.type === "output_text.delta").map((event) => event.delta)).toEqual(
      deltas("response.output_text.delta"),
    );
    expect(seen.filter((event) => event.type === "reasoning_summary_text.delta").map((event) => event.delta)).toEqual(
      deltas("response.reasoning_summary_text.delta"),
    );
    const finished = (events: readonly Wire[], type: string) =>
      events.filter((event) => event.type === type).map((event) => event.item);
    const told = finished(wire, "response.output_item.done");
    // Items that only the terminal event contains follow (parity: stream/items-of-terminal).
    expect(finished(seen, "output_item.done").slice(0, told.length)).toEqual(told);
    const failed = wire.some((event) => event.type === "error" || event.type === "response.failed");
    expect(whole.error === undefined).toBe(!failed);

    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 20 }), async (sizes) => {
        expect(await receive(pieces(bytes, sizes))).toEqual(whole);
      }),
      { numRuns: bytes.length < LONG_BYTES ? CUTS : CUTS_OF_LONG },
    );
  });
});
