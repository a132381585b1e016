import { AbortedError, LimitError, ProtocolError, TimeoutError } from "../failure/kinds.ts";
import { HeldBytes } from "../held-bytes.ts";
import type { ByteStream } from "../transport.ts";
import { clampDelay, IdleTimer } from "../waiting/idle-timer.ts";

export interface BodyLimits {
  readonly maxBytes: number;
  /** Longest silence between two chunks, in milliseconds; 0 for none. */
  readonly idleTimeoutMs: number;
  /** Longest time for the whole body, in milliseconds; 0 for none. Default: none. */
  readonly totalMs?: number | undefined;
  /** What to do with a body that is too large, silent, late or incomplete: fail, or use its beginning. */
  readonly whenIncomplete: "fail" | "cut";
}

/**
 * Reads a body to its end, within limits.
 *
 * @throws {@link StreamError} The body is incomplete. {@link LimitError} It is larger than `maxBytes`. {@link ProtocolError} It cannot be
 *   decompressed, not even its beginning.
 * @throws {@link TimeoutError} It was silent for `idleTimeoutMs`, or not complete within `totalMs`.
 * @throws {@link AbortedError} The caller's signal ended it; in that case the beginning is never used. The time limit of the whole call
 *   does not count as the caller's signal.
 */
export function readBody(body: ByteStream, limits: BodyLimits): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const held = new HeldBytes();
    const stop = (): void => {
      idle.stop();
      clearTimeout(deadline);
    };
    const finish = (): void => {
      stop();
      resolve(held.take());
    };
    const giveUp = (error: unknown): void => {
      stop();
      const isUnreadable = error instanceof ProtocolError && held.length === 0;
      if (limits.whenIncomplete === "cut" && !isUnreadable && !isCallersAbort(error)) resolve(held.take());
      else reject(error);
    };
    const late = (timeoutMs: number, what: string) => () => {
      body.cancel();
      giveUp(new TimeoutError(`the response body ${what} ${timeoutMs} ms`, { phase: "idle", timeoutMs }));
    };
    const idle = new IdleTimer(limits.idleTimeoutMs, late(limits.idleTimeoutMs, "fell silent for"));
    const { totalMs = 0 } = limits;
    const deadline = totalMs > 0 ? setTimeout(late(totalMs, "was not whole within"), clampDelay(totalMs)) : undefined;
    idle.start();
    body.pipe({
      chunk(chunk) {
        idle.touch();
        const room = limits.maxBytes - held.length;
        held.add(chunk.subarray(0, room));
        if (chunk.length <= room) return;
        body.cancel();
        giveUp(
          new LimitError(
            `the response body is larger than ${limits.maxBytes} bytes; raise maxBodyBytes if that is expected`,
            { what: "body", limit: limits.maxBytes, unit: "bytes" },
          ),
        );
      },
      end: finish,
      fail: giveUp,
    });
  });
}

/** A deadline also ends work by a signal (`withDeadline`), but with an error of this package as reason. */
function isCallersAbort(error: unknown): boolean {
  return error instanceof AbortedError && !(error.cause instanceof TimeoutError);
}
