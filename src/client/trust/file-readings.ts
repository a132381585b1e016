import { type BigIntStats, statSync } from "node:fs";
import { RecentlyUsed } from "./recently-used.ts";

/** A process has one or two bundles; the limit is for one that keeps creating new files. */
const MAX_READINGS = 8;

/**
 * Caches what was read from files, for everything in the process. A file whose device, number, size and times have not changed is not
 * opened again. Checking that takes one `stat`, some microseconds.
 */
export class FileReadings<Reading> {
  readonly #known = new RecentlyUsed<Reading>(MAX_READINGS);

  /** @param read - Opens the file. Errors that it throws are not cached. */
  of(path: string, read: () => Reading): Reading {
    const state = fileState(path);
    return state === undefined ? read() : this.#known.get(`${path}\n${state}`, read);
  }
}

/**
 * Identifies a file's content by device, number, size and times, from one `stat`. Undefined if that is not possible: no such file, not a
 * regular file, or one whose size is not that of its content (`/proc`).
 */
export function fileState(path: string): string | undefined {
  let stats: BigIntStats | undefined;
  try {
    stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined; // reading it reports why
  }
  if (!stats?.isFile() || stats.size === 0n) return undefined;
  return [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(":");
}
