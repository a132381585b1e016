import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Creates a folder with those above it. Node's own `recursive` never returns where none can be created below one that exists, as in `/proc`.
 *
 * @throws The system's error if that is not possible.
 */
export async function createFolder(path: string): Promise<void> {
  if (await exists(path)) return;
  const above = dirname(path);
  if (above !== path) await createFolder(above);
  try {
    await mkdir(path);
  } catch (error) {
    if (!(await exists(path))) throw error; // another process may have created it meanwhile
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
