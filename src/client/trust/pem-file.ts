import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { constants as osConstants } from "node:os";
import util from "node:util";

/** A thousand certificates take 2 MB; whatever is larger than this is not a bundle. */
const MAX_BYTES = 64 * 1024 * 1024;

/** Why a file could not be read; the message is the bare reason, as the reference prints it. */
export class PemFileError extends Error {
  readonly code: string | undefined;

  constructor(message: string, code?: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * Reads a whole PEM file.
 *
 * @throws {@link PemFileError} Also for a pipe or a device, which could block for ever, and for a file above 64 MiB.
 */
export function readPemFile(path: string): Uint8Array {
  let descriptor: number | undefined;
  try {
    // Opening a pipe waits for a writer unless it is told not to.
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = fstatSync(descriptor);
    if (stats.isDirectory()) throw new PemFileError(describeCode("EISDIR"), "EISDIR");
    if (!stats.isFile()) throw new PemFileError(`it is ${irregular(stats)}, not a regular file`);
    return readAll(descriptor, stats.size);
  } catch (error) {
    throw error instanceof PemFileError ? error : fileError(error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

// Read to the end rather than to `stats.size`: files of /proc report 0.
function readAll(descriptor: number, size: number): Uint8Array {
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(Math.min(Math.max(size - total, 0), MAX_BYTES) + 1);
    const read = readSync(descriptor, chunk);
    if (read === 0) return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    total += read;
    if (total > MAX_BYTES) throw new PemFileError(`it is larger than ${MAX_BYTES / 1024 / 1024} MiB`, "EFBIG");
    chunks.push(chunk.subarray(0, read));
  }
}

function irregular(stats: Stats): string {
  if (stats.isFIFO()) return "a pipe";
  if (stats.isSocket()) return "a socket";
  if (stats.isCharacterDevice()) return "a character device";
  return "a block device";
}

function fileError(error: unknown): PemFileError {
  if (!(error instanceof Error)) return new PemFileError(String(error));
  const code = (error as NodeJS.ErrnoException).code;
  return new PemFileError(code && Object.hasOwn(osConstants.errno, code) ? describeCode(code) : error.message, code, {
    cause: error,
  });
}

// libuv words these differently from the C library, whose words are the ones people search for.
const WORDS: ReadonlyMap<string, string> = new Map([
  ["EISDIR", "Is a directory"],
  ["ELOOP", "Too many levels of symbolic links"],
  ["ENAMETOOLONG", "File name too long"],
  ["ENXIO", "No such device or address"],
]);

/** `No such file or directory (ENOENT)`: the C library's words, as the reference prints them, and the code that Node's users know. */
function describeCode(code: string): string {
  return `${WORDS.get(code) ?? libuvWords(code)} (${code})`;
}

function libuvWords(code: string): string {
  // By the whole module: Bun before 1.4 lacks the function, and a named import would fail with it everything that imports this package.
  for (const [name, words] of util.getSystemErrorMap?.().values() ?? []) {
    if (name === code) return words.charAt(0).toUpperCase() + words.slice(1);
  }
  return code;
}
