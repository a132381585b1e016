import { constants, type Stats } from "node:fs";
import { constants as osConstants } from "node:os";
import util from "node:util";

/** Why a file could not be read. The message is the bare reason; callers know what the file is for. */
export class FileError extends Error {
  readonly code: string | undefined;

  constructor(message: string, code?: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** For reading. Without O_NONBLOCK, opening a pipe waits for a writer. */
export const READ_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Checks the opened file, not the path, which may name another file a moment later.
 *
 * @throws {@link FileError} It is not a regular file: a pipe or a device could block forever and may have no end.
 */
export function checkRegular(stats: Stats): void {
  if (stats.isDirectory()) throw new FileError(describeCode("EISDIR"), "EISDIR");
  if (!stats.isFile()) throw new FileError(`it is ${irregular(stats)}, not a regular file`);
}

export function tooLarge(maxBytes: number): FileError {
  return new FileError(`it is larger than ${amount(maxBytes)}`, "EFBIG");
}

const UNITS = ["bytes", "KiB", "MiB"];

function amount(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; unit < UNITS.length - 1 && value % 1024 === 0; unit += 1) value /= 1024;
  return `${value} ${UNITS[unit]}`;
}

function irregular(stats: Stats): string {
  if (stats.isFIFO()) return "a pipe";
  if (stats.isSocket()) return "a socket";
  if (stats.isCharacterDevice()) return "a character device";
  return "a block device";
}

/** The system's error in the wording of this folder; a {@link FileError} is returned unchanged. */
export function fileError(error: unknown): FileError {
  if (error instanceof FileError) return error;
  if (!(error instanceof Error)) return new FileError(String(error));
  const code = (error as NodeJS.ErrnoException).code;
  return new FileError(code && Object.hasOwn(osConstants.errno, code) ? describeCode(code) : error.message, code, {
    cause: error,
  });
}

// libuv words these differently from the C library, whose wording is the one people search for.
const WORDS: ReadonlyMap<string, string> = new Map([
  ["EISDIR", "Is a directory"],
  ["ELOOP", "Too many levels of symbolic links"],
  ["ENAMETOOLONG", "File name too long"],
  ["ENXIO", "No such device or address"],
]);

/** `No such file or directory (ENOENT)`: the C library's words, as the Rust client prints them, and the code that Node's users know. */
function describeCode(code: string): string {
  return `${WORDS.get(code) ?? libuvWords(code)} (${code})`;
}

function libuvWords(code: string): string {
  // Imported as a whole: Bun before 1.4 lacks the function, and a named import would break every import of this package.
  for (const [name, words] of util.getSystemErrorMap?.().values() ?? []) {
    if (name === code) return words.charAt(0).toUpperCase() + words.slice(1);
  }
  return code;
}
