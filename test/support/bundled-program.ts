import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "tsdown";
import { afterAll, beforeAll } from "vitest";

export interface BundledProgram {
  /** Its own folder, removed after the tests of the file. */
  readonly folder: string;
  /** The program, for `node`. */
  readonly path: string;
}

/**
 * A program of the tests that runs in its own process. It is bundled, because Node 20 cannot run TypeScript, and with all packages, because
 * it finds none where it is.
 */
export function bundledProgram(entry: string): BundledProgram {
  const program = { folder: "", path: "" };
  beforeAll(async () => {
    program.folder = mkdtempSync(join(tmpdir(), "codex-wire-program-"));
    program.path = join(program.folder, "program.mjs");
    await build({
      config: false,
      entry: { program: entry },
      outDir: program.folder,
      format: "esm",
      platform: "node",
      noExternal: /./,
      fixedExtension: true,
      dts: false,
      clean: false,
      logLevel: "silent",
    });
  }, 60_000);
  afterAll(() => rmSync(program.folder, { recursive: true }));
  return program;
}
