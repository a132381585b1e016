import type { IncomingMessage } from "node:http";
import { BodyFault, decodeBody, readUpTo } from "../../server/index.ts";
import type { WholeAnswer } from "../forwarding/refusal.ts";
import { refusal } from "./access.ts";
import type { MemoryShare } from "./memory.ts";

/** Texts usually compress by less than this factor. */
const USUAL_RATIO = 16;

/** There is no memory for a request's body at the moment. */
class NoRoom extends Error {
  override get name(): string {
    return "NoRoom";
  }
}

/** A body as received. @throws The errors that {@link bodyRefusal} handles. */
export async function readBody(message: IncomingMessage, maxBytes: number, share: MemoryShare): Promise<Uint8Array> {
  const { size, body, hadRoom } = await readUpTo(message, maxBytes, (bytes) => share.take(bytes));
  if (size > maxBytes) throw new BodyFault("too_large", `The request body is larger than ${maxBytes} bytes.`);
  if (!hadRoom) throw new NoRoom();
  return body;
}

/** A decoded body. Memory for it is reserved first, because its size is unknown. @throws The errors that {@link bodyRefusal} handles. */
export async function decoded(
  bytes: Uint8Array,
  encoding: string | undefined,
  maxBytes: number,
  share: MemoryShare,
): Promise<Uint8Array> {
  if (encoding === undefined) return bytes;
  let before = 0;
  for (let wanted = Math.min(maxBytes, bytes.length * USUAL_RATIO); ; wanted = maxBytes) {
    const most = share.takeUpTo(wanted);
    let held = 0;
    try {
      if (most <= before) throw new NoRoom();
      const whole = await decodeBody(bytes, encoding, most);
      held = whole.length;
      return whole;
    } catch (error) {
      const isMore = error instanceof BodyFault && error.reason === "too_large" && most < maxBytes;
      if (!isMore) throw error;
      before = most;
    } finally {
      share.giveBack(most - held);
    }
  }
}

/** The answer to a client whose body is refused; undefined for any other error. */
export function bodyRefusal(error: unknown): WholeAnswer | undefined {
  if (error instanceof BodyFault) return refusal(error.status, error.reason, error.message);
  if (!(error instanceof NoRoom)) return undefined;
  const message = "The running requests use all the memory that they may use; send the request again in a moment.";
  return refusal(503, "memory_limit", message, { "retry-after": "1" });
}
