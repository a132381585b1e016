import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { type CaError, isCaError } from "../../../../src/client/failure/kinds.ts";

/** A folder for the bundles of a test file. */
export function bundleFolder() {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "codex-wire-trust-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const inFolder = (name: string) => join(folder, name);
  const write = (content: string | Uint8Array): string => {
    const path = inFolder(`${Math.random().toString(36).slice(2)}.pem`);
    writeFileSync(path, content);
    return path;
  };
  return { inFolder, write };
}

export function failureOf(run: () => unknown): CaError {
  try {
    run();
  } catch (error) {
    if (isCaError(error)) return error;
    throw error;
  }
  throw new Error("no failure");
}
