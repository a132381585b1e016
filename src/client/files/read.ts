import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { Failure } from "../failure/failure.ts";
import { unlessAborted } from "../waiting/abort.ts";
import { checkRegular, fileError, READ_FLAGS, tooLarge } from "./regular.ts";

export interface ReadOptions {
  /** The largest file that is read, in bytes. */
  readonly maxBytes: number;
  /** Ends the wait, even if the file system does not answer. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a whole file.
 *
 * @throws {@link FileError} It cannot be read, is not a regular file, or is larger than `maxBytes`. {@link AbortedError} The signal fired.
 */
export async function readWhole(path: string, { maxBytes, signal }: ReadOptions): Promise<Uint8Array> {
  try {
    return await unlessAborted(signal, () => readToEnd(path, maxBytes, signal));
  } catch (error) {
    throw Failure.is(error) ? error : fileError(error);
  }
}

async function readToEnd(path: string, maxBytes: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const { file, sizeBytes } = await openRegular(path);
  try {
    const parts: Uint8Array[] = [];
    let total = 0;
    // Once the signal has fired, the content is not needed any more.
    while (!signal?.aborted) {
      const part = Buffer.allocUnsafe(partBytes(sizeBytes, total, maxBytes));
      const { bytesRead } = await file.read(part, 0, part.length);
      if (bytesRead === 0) break;
      total += bytesRead;
      if (total > maxBytes) throw tooLarge(maxBytes);
      parts.push(part.subarray(0, bytesRead));
    }
    return joined(parts);
  } finally {
    await file.close();
  }
}

/**
 * The same, blocking, for local files that the caller needs before it can continue.
 *
 * @throws {@link FileError} As {@link readWhole}.
 */
export function readWholeSync(path: string, maxBytes: number): Uint8Array {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, READ_FLAGS);
    const stats = fstatSync(descriptor);
    checkRegular(stats);
    const parts: Uint8Array[] = [];
    for (let total = 0; ; ) {
      const part = Buffer.allocUnsafe(partBytes(stats.size, total, maxBytes));
      const read = readSync(descriptor, part);
      if (read === 0) return joined(parts);
      total += read;
      if (total > maxBytes) throw tooLarge(maxBytes);
      parts.push(part.subarray(0, read));
    }
  } catch (error) {
    throw fileError(error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

export interface OpenFile {
  readonly file: FileHandle;
  readonly sizeBytes: number;
}

/** Opens a file to read from; the caller closes it. @throws {@link FileError} It cannot be opened, or is not a regular file. */
export async function openRegular(path: string): Promise<OpenFile> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, READ_FLAGS);
    const stats = await file.stat();
    checkRegular(stats);
    return { file, sizeBytes: stats.size };
  } catch (error) {
    await file?.close();
    throw fileError(error);
  }
}

const BLIND_BYTES = 64 * 1024;

/** The rest of the size that the file reports, plus one byte that shows its end; files in /proc report 0. */
function partBytes(sizeBytes: number, total: number, maxBytes: number): number {
  const restBytes = sizeBytes > 0 && total <= sizeBytes ? sizeBytes - total : BLIND_BYTES;
  return Math.min(restBytes, maxBytes) + 1;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
}
