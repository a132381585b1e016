import { constants } from "node:fs";
import { open } from "node:fs/promises";

const CHUNK_BYTES = 64 * 1024;

/**
 * Reads a text by path, without the byte order mark that Windows editors write. A pipe or a device is refused, because it might never end
 * or never begin.
 *
 * @throws An error that says why it cannot be read, or that it is larger than `maxBytes`.
 */
export async function readText(path: string, maxBytes: number): Promise<string> {
  // Not blocking: opening a pipe without a writer would wait forever. Windows has no such flag.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    if (!(await file.stat()).isFile()) throw new Error(`${path} is not a regular file`);
    const parts: Uint8Array[] = [];
    for (let total = 0; ; ) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES);
      if (bytesRead === 0) return new TextDecoder().decode(Buffer.concat(parts));
      total += bytesRead;
      if (total > maxBytes) throw new Error(`${path} is larger than ${maxBytes} bytes`);
      parts.push(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}
