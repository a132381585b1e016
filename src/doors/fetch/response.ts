import { CodexApiError } from "../../index.ts";
import type { Frames } from "../forwarding/frames.ts";
import type { WholeAnswer } from "../forwarding/refusal.ts";
import type { StreamedAnswer } from "../forwarding/service.ts";

/** An answer as `fetch` returns it. */
export function responseOf(
  answer: StreamedAnswer | WholeAnswer,
  url: string,
  signal: AbortSignal | undefined,
): Response {
  const { status, headers } = answer;
  const hasBody = status !== 204 && status !== 205 && status !== 304;
  const body = "frames" in answer ? bodyOf(answer.frames, signal) : hasBody ? answer.body : null;
  return Object.defineProperty(new Response(body, { status, headers }), "url", { value: url });
}

/** Reads only as fast as it is read, so a slow reader slows the service down. */
function bodyOf(frames: Frames, signal: AbortSignal | undefined): ReadableStream<Uint8Array> {
  let isReading = false;
  let resume: (() => void) | undefined;
  const readInto = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    try {
      await frames.each((text) => {
        const isWanted = new Promise<void>((resolve) => {
          resume = resolve;
        });
        controller.enqueue(bytesOf(text)); // may call `pull`
        return isWanted;
      });
      controller.close();
    } catch (error) {
      // Without effect after a cancellation, as is the error that `close` then throws.
      controller.error(fetchFailure(error, signal));
    }
  };
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (!isReading) void readInto(controller);
        isReading = true;
        resume?.();
      },
      cancel: () => frames.leave(),
    },
    { highWaterMark: 0 },
  );
}

/** In its own memory, because the reader may transfer it to another thread. */
function bytesOf(text: string): Uint8Array {
  const bytes = Buffer.allocUnsafeSlow(text.length);
  bytes.write(text, "latin1");
  return bytes;
}

/** A failure in the form that `fetch` throws and SDKs expect: the signal's own reason, or a `TypeError` with ours as its `cause`. */
export function fetchFailure(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  if (!CodexApiError.is(error)) return error;
  return new TypeError("fetch failed", { cause: error });
}
