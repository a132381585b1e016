import { textIn } from "../transcripts/transcript.ts";
import type { Passed } from "./passed.ts";

/** Turns the bytes of a body into the entries that are shown and written. */
export interface BodyCutter {
  push(chunk: Uint8Array): readonly Passed[];
  /** The rest, at the end of the body. */
  end(): readonly Passed[];
}

const LONGEST_TEXT = 16 * 1024 * 1024;

/** Events one by one; any other text as a whole up to 16 MiB, because a character may be split between two packets. */
export function cutterFor(contentType: string): BodyCutter {
  if (contentType.startsWith("text/event-stream")) return new FrameCutter();
  if (!/json|^text\//.test(contentType)) return { push: (data) => [{ kind: "body", data }], end: () => [] };
  return new TextCutter();
}

class TextCutter implements BodyCutter {
  #chunks: Uint8Array[] = [];
  #size = 0;

  push(chunk: Uint8Array): readonly Passed[] {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    return this.#size > LONGEST_TEXT ? this.end() : [];
  }

  end(): readonly Passed[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#size = 0;
    return chunks.length === 0 ? [] : [{ kind: "body", data: textIn(Buffer.concat(chunks)) }];
  }
}

const FRAME = /^event: ([^\r\n ]+)\ndata: ([^\r\n\u2028\u2029]*)\n\n/;
const LONGEST_FRAME = 16 * 1024 * 1024;

/**
 * Cuts the body of an event stream into its events, so that transcripts can be read and searched by event. Text with another framing is
 * kept as received, so all pieces together are the body, byte for byte.
 */
export class FrameCutter implements BodyCutter {
  #rest: Uint8Array = new Uint8Array();

  push(chunk: Uint8Array): readonly Passed[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = endOfLastFrame(bytes);
    this.#rest = bytes.subarray(end);
    const pieces = cut(bytes.subarray(0, end));
    return this.#rest.length > LONGEST_FRAME ? [...pieces, ...this.end()] : pieces;
  }

  /** The rest, at the end of the body. */
  end(): readonly Passed[] {
    const rest = this.#rest;
    this.#rest = new Uint8Array();
    return rest.length === 0 ? [] : [{ kind: "body", data: textIn(rest) }];
  }
}

function endOfLastFrame(bytes: Uint8Array): number {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).lastIndexOf("\n\n");
  return at === -1 ? 0 : at + 2;
}

function cut(bytes: Uint8Array): readonly Passed[] {
  const text = textIn(bytes);
  if (typeof text !== "string") return [{ kind: "body", data: bytes }];
  const pieces: Passed[] = [];
  for (let rest = text; rest !== ""; ) {
    const [frame = "", type = "", data = ""] = FRAME.exec(rest) ?? [];
    if (frame !== "") pieces.push({ kind: "event", type, data });
    const other = frame === "" ? rest.slice(0, rest.indexOf("\n\n") + 2) : "";
    if (other !== "") pieces.push({ kind: "body", data: other });
    rest = rest.slice(frame.length + other.length);
  }
  return pieces;
}
