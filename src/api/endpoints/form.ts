import { randomUUID } from "node:crypto";
import { BuildError } from "../../client/failure/kinds.ts";
import type { RawBody } from "../service/call.ts";
import { countedBytes, type SizedFile } from "./files/source.ts";

/** One field of a form. */
export type FormPart = { readonly name: string; readonly text: string; readonly type?: string | undefined } | FilePart;

interface FilePart {
  readonly name: string;
  readonly file: SizedFile;
  /** Called as the file's bytes are sent. */
  readonly onBytes?: ((sentBytes: number) => void) | undefined;
}

const LINE_END = "\r\n";

/**
 * A `multipart/form-data` body (RFC 7578) of known size. Files are read while they are sent, and again for a retry.
 *
 * @throws {@link BuildError} A text contains the boundary.
 */
export function formBody(parts: readonly FormPart[], boundary = `form-${randomUUID()}`): RawBody {
  const pieces = parts.flatMap((part) => [
    Buffer.from(openingOf(part, boundary)),
    "text" in part ? Buffer.from(part.text) : part,
    Buffer.from(LINE_END),
  ]);
  pieces.push(Buffer.from(`--${boundary}--${LINE_END}`));
  const contentType = `multipart/form-data; boundary=${boundary}`;
  if (pieces.every((piece) => Buffer.isBuffer(piece))) {
    const whole = Buffer.concat(pieces); // unlike a stream, bytes can be sent again after a redirect
    return { contentType, open: () => whole };
  }
  const sizeBytes = pieces.reduce((sum, piece) => sum + ("file" in piece ? piece.file.sizeBytes : piece.length), 0);
  return { contentType, sizeBytes, open: () => bytesOf(pieces) };
}

async function* bytesOf(pieces: readonly (Uint8Array | FilePart)[]): AsyncGenerator<Uint8Array, void> {
  for (const piece of pieces) {
    if ("file" in piece) yield* countedBytes(piece.file, piece.onBytes);
    else yield piece;
  }
}

function openingOf(part: FormPart, boundary: string): string {
  const { name } = part;
  const field = `form-data; name="${quoted(name)}"`;
  if ("file" in part) {
    const { name: fileName, type } = part.file;
    return opened(boundary, `${field}; filename="${quoted(fileName)}"`, type);
  }
  if (part.text.includes(`--${boundary}`)) {
    throw new BuildError(`${name} holds the boundary between the parts of the body`);
  }
  return opened(boundary, field, part.type);
}

function opened(boundary: string, disposition: string, type: string | undefined): string {
  const lines = [`--${boundary}`, `Content-Disposition: ${disposition}`];
  if (type !== undefined) lines.push(`Content-Type: ${type}`);
  return lines.join(LINE_END) + LINE_END + LINE_END;
}

/** As browsers escape it (WHATWG HTML, multipart/form-data encoding algorithm). */
function quoted(name: string): string {
  return name.replaceAll('"', "%22").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
