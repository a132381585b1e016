import { StreamError, TimeoutError } from "../errors.ts";
import { IdleTimer } from "../idle-timer.ts";
import type { ByteStream } from "../transport.ts";

export interface BodyLimits {
  readonly maxBytes: number;
  /** Longest silence between two chunks, in milliseconds; 0 for none. */
  readonly idleTimeoutMs: number;
  /** What to do with a body over `maxBytes`: fail, or keep its beginning. */
  readonly whenTooLarge: "fail" | "cut";
}

/**
 * Reads a body to its end, within bounds.
 *
 * @throws {@link StreamError} Broken off, or larger than `maxBytes`.
 * @throws {@link TimeoutError} Silent for `idleTimeoutMs`.
 */
export function readBody(body: ByteStream, limits: BodyLimits): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    const idle = new IdleTimer(limits.idleTimeoutMs, () => {
      body.cancel();
      reject(
        new TimeoutError(`the response body fell silent for ${limits.idleTimeoutMs} ms`, {
          phase: "idle",
          timeoutMs: limits.idleTimeoutMs,
        }),
      );
    });
    const finish = (): void => {
      idle.stop();
      resolve(Buffer.concat(chunks));
    };
    idle.start();
    body.pipe({
      chunk(chunk) {
        idle.touch();
        bytes += chunk.length;
        if (bytes <= limits.maxBytes) {
          chunks.push(chunk);
          return;
        }
        body.cancel();
        if (limits.whenTooLarge === "cut") {
          chunks.push(chunk.subarray(0, chunk.length - (bytes - limits.maxBytes)));
          finish();
          return;
        }
        idle.stop();
        reject(
          new StreamError(
            `the response body is larger than ${limits.maxBytes} bytes; raise maxBodyBytes if that is expected`,
          ),
        );
      },
      end: finish,
      fail(error) {
        idle.stop();
        reject(error);
      },
    });
  });
}
