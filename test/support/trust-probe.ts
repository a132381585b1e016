import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { bundledProgram } from "./bundled-program.ts";

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
  const program = bundledProgram(join(import.meta.dirname, "trust-probe-main.ts"));
  return async (env, port) => {
    const args = [program.path, ...(port === undefined ? [] : [String(port)])];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    return JSON.parse(stdout);
  };
}
