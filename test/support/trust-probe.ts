import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "tsdown";
import { afterAll, beforeAll } from "vitest";

export interface ProbeReport {
  readonly by?: string;
  readonly certificates?: number;
  /** What the policy says about itself, line by line. */
  readonly origins?: readonly string[];
  /** The error's own JSON. */
  readonly error?: { readonly kind: string; readonly message: string } & Readonly<Record<string, unknown>>;
}

/** `env` is all the process has; `port` makes it connect to a TLS server on loopback under the name `localhost`. */
export type Probe = (env: Readonly<Record<string, string>>, port?: number) => Promise<ProbeReport>;

/** For tests of what only a process of its own can show: the real environment, and what Node reads at its start. */
export function useTrustProbe(): Probe {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "codex-wire-probe-"));
    // Bundled, because Node 20 cannot run TypeScript.
    await build({
      config: false,
      entry: { probe: join(import.meta.dirname, "trust-probe-main.ts") },
      outDir: folder,
      format: "esm",
      platform: "node",
      fixedExtension: true,
      dts: false,
      clean: false,
      logLevel: "silent",
    });
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  return async (env, port) => {
    const args = [join(folder, "probe.mjs"), ...(port === undefined ? [] : [String(port)])];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    return JSON.parse(stdout);
  };
}
