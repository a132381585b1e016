import type { IncomingMessage } from "node:http";
import { BodyFault, decodeBody, readUpTo } from "../../server/index.ts";
import type { WholeAnswer } from "../forwarding/refusal.ts";
import { refusal } from "./access.ts";
import type { MemoryShare } from "./memory.ts";

/** A text shrinks by less than that as a rule. */
const USUAL_RATIO = 16;

/** There is no room for a request's body now. */
class NoRoom extends Error {
  override get name(): string {
    return "NoRoom";
  }
}

/** A body as it came. @throws What {@link bodyRefusal} answers. */
export async function readBody(message: IncomingMessage, maxBytes: number, share: MemoryShare): Promise<Uint8Array> {
  const { size, body, hadRoom } = await readUpTo(message, maxBytes, (bytes) => share.take(bytes));
  if (size > maxBytes) throw new BodyFault("too_large", `The request body is larger than ${maxBytes} bytes.`);
  if (!hadRoom) throw new NoRoom();
  return body;
}

/** A body decoded: room for what comes of it is found first, and its size is not known before. @throws What {@link bodyRefusal} answers. */
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

/** What a client is told of a body that is not taken; undefined for any other error. */
export function bodyRefusal(error: unknown): WholeAnswer | undefined {
  if (error instanceof BodyFault) return refusal(error.status, error.reason, error.message);
  if (!(error instanceof NoRoom)) return undefined;
  const message = "The requests under way hold as much memory as they may; ask again in a moment.";
  return refusal(503, "memory_limit", message, { "retry-after": "1" });
}
