import { type BigIntStats, statSync } from "node:fs";
import { RecentlyUsed } from "./recently-used.ts";

/** A process has one or two bundles; the bound is for one that makes ever new files. */
const MAX_READINGS = 8;

/**
 * What files came to, read once for each state of a file and shared by whatever is built: a file that has the device, the number, the size and the times
 * of when it was read is not opened again. A state is asked for with one `stat`, which takes some microseconds.
 */
export class FileReadings<Reading> {
  readonly #known = new RecentlyUsed<Reading>(MAX_READINGS);

  /**
   * @param read - Opens the file. What it throws is not kept.
   */
  of(path: string, read: () => Reading): Reading {
    const state = fileState(path);
    return state === undefined ? read() : this.#known.get(`${path}\n${state}`, read);
  }
}

/**
 * Tells one content of a file from another: device, number, size and times, from one `stat`. Undefined where there is no telling: no such file, no
 * ordinary one, or one whose size is not that of its content (`/proc`).
 */
export function fileState(path: string): string | undefined {
  let stats: BigIntStats | undefined;
  try {
    stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined; // reading it says why
  }
  if (!stats?.isFile() || stats.size === 0n) return undefined;
  return [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(":");
}
