import { readWholeSync } from "../../files/index.ts";

/** A thousand certificates take 2 MB; whatever is larger than this is not a bundle. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Reads a whole PEM file. It blocks, for a moment: callers make clients without waiting.
 *
 * @throws {@link FileError} Also for a pipe or a device, which could block for ever, and for a file above 64 MiB.
 */
export function readPemFile(path: string): Uint8Array {
  return readWholeSync(path, MAX_BYTES);
}
