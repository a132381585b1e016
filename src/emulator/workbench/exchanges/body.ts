import { textIn } from "../transcripts/transcript.ts";
import { FrameCutter } from "./frames.ts";
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
