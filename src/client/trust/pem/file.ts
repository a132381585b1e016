import { readWholeSync } from "../../files/index.ts";

/** A thousand certificates take 2 MB; a larger file is not a bundle. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Reads a whole PEM file. It blocks, for a moment: callers create clients synchronously.
 *
 * @throws {@link FileError} Also for a pipe or a device, which could block forever, and for a file above 64 MiB.
 */
export function readPemFile(path: string): Uint8Array {
  return readWholeSync(path, MAX_BYTES);
}
