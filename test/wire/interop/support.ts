import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EmulatorOptions } from "../../../src/emulator/index.ts";
import { emulate } from "../../support/clients.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

/** An emulator with TLS, and the variables that make it trusted. */
export async function secured(options: EmulatorOptions = {}) {
  const emulator = await emulate({ tls: true, ...options });
  const folder = temporaryFolder("ca");
  const path = join(folder, "ca.pem");
  writeFileSync(path, emulator.caPem ?? "");
  return { emulator, env: { CODEX_CA_CERTIFICATE: path }, models: `${emulator.url}/models?client_version=1.0.0` };
}
