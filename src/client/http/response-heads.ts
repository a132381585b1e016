import type { Socket } from "node:net";
import { MAX_HEAD_BYTES } from "../headers.ts";

const BEGINNING = Buffer.from("HTTP/1.");
const END = Buffer.from("\r\n\r\n");
const CONTINUE = 100;
const SWITCHING_PROTOCOLS = 101;

/**
 * Adapts response heads that undici's and Node's strict parsers refuse although other clients read them and their meaning is clear:
 *
 * - An unrequested `100 Continue` is removed (RFC 9110 §15.2: a client must be able to read any 1xx, expected or not).
 * - If there are `content-length` and `transfer-encoding`, the latter counts (RFC 9112 §6.3), and the connection is not kept, because other
 *   hops may have read it differently.
 * - The same `content-length` twice counts once (RFC 9110 §8.6). Different ones are passed on, and are an error.
 *
 * Everything else is passed on unchanged, without a copy.
 */
export class ResponseHeads {
  #isExpected = false;
  #partial: Buffer | undefined;
  /** Where the body begins in the bytes that `take` returned last; 0 if no head ends there. */
  bodyAt = 0;

  /** The next bytes are the head of a response. */
  expect(): void {
    this.#isExpected = true;
  }

  get isExpected(): boolean {
    return this.#isExpected;
  }

  /** The bytes for the parser; undefined while the rest of a head is missing. */
  take(chunk: Buffer): Buffer | undefined {
    this.bodyAt = 0;
    if (!this.#isExpected) return chunk;
    let bytes = this.#partial ? Buffer.concat([this.#partial, chunk]) : chunk;
    this.#partial = undefined;
    let before: Buffer | undefined; // heads of 1xx answers that the parser accepts
    for (;;) {
      if (!couldBeHead(bytes)) break;
      const end = bytes.indexOf(END);
      if (end < 0) {
        if (bytes.length > MAX_HEAD_BYTES) break; // the parser has the same limit, and an error for it
        this.#partial = bytes;
        return before;
      }
      const next = end + END.length;
      const head = bytes.toString("latin1", 0, next);
      const status = Number(head.slice(9, 12));
      if (status >= CONTINUE && status < 200 && status !== SWITCHING_PROTOCOLS) {
        if (status !== CONTINUE) before = joined(before, bytes.subarray(0, next));
        bytes = bytes.subarray(next);
        if (bytes.length > 0) continue;
        return before;
      }
      const tidy = tidied(head);
      if (tidy !== undefined) bytes = Buffer.concat([Buffer.from(tidy, "latin1"), bytes.subarray(next)]);
      this.bodyAt = (before?.length ?? 0) + (tidy?.length ?? next);
      break;
    }
    this.#isExpected = false;
    return joined(before, bytes);
  }

  /** The connection ended: returns the incomplete head. */
  flush(): Buffer | undefined {
    const rest = this.#partial;
    this.#partial = undefined;
    this.#isExpected = false;
    return rest;
  }
}

function joined(first: Buffer | undefined, second: Buffer): Buffer {
  return first ? Buffer.concat([first, second]) : second;
}

function couldBeHead(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, BEGINNING.length);
  return BEGINNING.compare(bytes, 0, length, 0, length) === 0;
}

const LENGTH_LINE = /\r\ncontent-length[ \t]*:([^\r\n]*)/gi;

/** Undefined if nothing needs to be changed, which is nearly always. */
function tidied(head: string): string | undefined {
  const lengths = [...head.matchAll(LENGTH_LINE)].map(([, value = ""]) => value.trim());
  if (lengths.length === 0) return undefined;
  if (/\r\ntransfer-encoding[ \t]*:/i.test(head)) {
    return head.replace(LENGTH_LINE, "").replace(/\r\n\r\n$/, "\r\nconnection: close\r\n\r\n");
  }
  const values = new Set(lengths.flatMap((value) => value.split(",")).map((value) => value.trim()));
  const [only] = values;
  if (values.size !== 1 || only === lengths.join()) return undefined;
  let isFirst = true;
  return head.replace(LENGTH_LINE, () => {
    if (!isFirst) return "";
    isFirst = false;
    return `\r\ncontent-length: ${only}`;
  });
}

/** Adapts only the next head, for a reader that reads one answer from a socket; the socket's reads are restored afterwards. */
export function tidyNextHead(socket: Socket): void {
  const heads = new ResponseHeads();
  heads.expect();
  const { push } = socket;
  socket.push = (arrived, encoding) => {
    const chunk = arrived === null ? heads.flush() : heads.take(arrived);
    if (!heads.isExpected) socket.push = push;
    if (arrived !== null) return chunk === undefined || push.call(socket, chunk, encoding);
    if (chunk) push.call(socket, chunk, encoding);
    return push.call(socket, null, encoding);
  };
}
