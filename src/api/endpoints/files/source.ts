import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { BuildError } from "../../../client/failure/kinds.ts";

/** What to upload: a file on disk, bytes, or a stream of known size that can be opened again when a send fails. */
export type FileSource =
  | { readonly path: string; readonly name?: string | undefined }
  | { readonly name: string; readonly bytes: Uint8Array }
  | { readonly name: string; readonly sizeBytes: number; open(): AsyncIterable<Uint8Array> };

/** A source whose size is known. */
export interface SizedFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** Its bytes from the beginning, a part at a time. */
  open(): AsyncIterable<Uint8Array>;
}

/** @throws {@link BuildError} The file cannot be read, or the source is none. */
export async function sizeUp(source: FileSource): Promise<SizedFile> {
  if ("path" in source) return sizeUpPath(source.path, source.name ?? basename(source.path));
  const { name } = source;
  if (typeof name !== "string" || name === "") throw new BuildError("name is missing: a file needs a name");
  if ("bytes" in source) return { name, sizeBytes: source.bytes.length, open: () => slices(source.bytes) };
  const { sizeBytes } = source;
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw new BuildError("sizeBytes must be the stream's size in bytes");
  }
  return { name, sizeBytes, open: () => source.open() };
}

async function sizeUpPath(path: string, name: string): Promise<SizedFile> {
  const found = await stat(path).catch((cause: unknown) => {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new BuildError(`${path} cannot be read: ${code}`, { cause });
  });
  if (!found.isFile()) throw new BuildError(`${path} is no file`);
  return { name, sizeBytes: found.size, open: () => createReadStream(path) };
}

const SLICE_BYTES = 64 * 1024;

/** In parts, so that progress can be told. */
async function* slices(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) yield bytes.subarray(at, at + SLICE_BYTES);
}

/**
 * The source's bytes, counted as they are taken.
 *
 * @throws {@link BuildError} The source fails, or has more or fewer bytes than announced.
 */
export async function* countedBytes(
  file: SizedFile,
  onBytes: (sentBytes: number) => void,
): AsyncGenerator<Uint8Array, void> {
  let sentBytes = 0;
  try {
    for await (const part of file.open()) {
      if (sentBytes + part.length > file.sizeBytes) break;
      yield part;
      sentBytes += part.length;
      onBytes(sentBytes);
    }
  } catch (cause) {
    throw new BuildError(`the upload of ${JSON.stringify(file.name)} ended on this side: ${String(cause)}`, { cause });
  }
  if (sentBytes !== file.sizeBytes) {
    throw new BuildError(
      `${JSON.stringify(file.name)} no longer has the ${file.sizeBytes} bytes that were announced; upload it again`,
    );
  }
}
