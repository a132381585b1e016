import { setTimeout as delay } from "node:timers/promises";
import { AbortedError } from "../../index.ts";
import { BYTES_PER_SAMPLE, SAMPLE_RATE, type WavSource } from "./wav.ts";

const CHUNK_MS = 100;
const CHUNK_BYTES = (SAMPLE_RATE * BYTES_PER_SAMPLE * CHUNK_MS) / 1000;
/** After the speech: the service waits for half a second of silence before it answers. */
const SILENT_CHUNKS = 12;

/**
 * Sends a recording at the speed of a microphone, with some silence at its end.
 *
 * @throws {@link AbortedError} The signal fired.
 */
export async function speak(
  source: WavSource,
  send: (frame: { readonly data: string }) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = performance.now();
  let sent = 0;
  for await (const chunk of withSilence(source)) {
    const waitMs = startedAt + sent * CHUNK_MS - performance.now(); // measured from the start, so that late timers do not add up
    if (waitMs > 0) await delay(waitMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) throw new AbortedError(signal.reason);
    await send({ data: chunk.toString("base64") });
    sent += 1;
  }
}

async function* withSilence(source: WavSource): AsyncGenerator<Buffer> {
  yield* source.chunks(CHUNK_BYTES);
  const silence = Buffer.alloc(CHUNK_BYTES);
  for (let index = 0; index < SILENT_CHUNKS; index += 1) yield silence;
}
