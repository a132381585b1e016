import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "tsdown";
import { afterAll, beforeAll } from "vitest";

export interface BundledProgram {
  /** Of its own; gone when the file's tests are done. */
  readonly folder: string;
  /** The program, for `node`. */
  readonly path: string;
}

/** A program of the suite's that runs in a process of its own, made before the tests of a file. Bundled, because Node 20 cannot run TypeScript; with everything, because no package is found from there. */
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
