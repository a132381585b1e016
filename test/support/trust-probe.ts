import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { bundledProgram } from "./bundled-program.ts";

export interface ProbeReport {
  readonly by?: string;
  readonly certificates?: number;
  /** The policy's description of itself, by line. */
  readonly origins?: readonly string[];
  /** The error's own JSON. */
  readonly error?: { readonly kind: string; readonly message: string } & Readonly<Record<string, unknown>>;
}

/** `env` is its whole environment. With `port` it connects to a TLS server on loopback under the name `localhost`. */
export type Probe = (env: Readonly<Record<string, string>>, port?: number) => Promise<ProbeReport>;

/** For tests that need a separate process: of the real environment, and of what Node reads when it starts. */
export function useTrustProbe(): Probe {
  const program = bundledProgram(join(import.meta.dirname, "trust-probe-main.ts"));
  return async (env, port) => {
    const args = [program.path, ...(port === undefined ? [] : [String(port)])];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    return JSON.parse(stdout);
  };
}
