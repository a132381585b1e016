import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./temporary-folder.ts";

/** A temporary file with these certificates, for the variables that name a CA file. */
export function caFile(...pems: readonly (string | undefined)[]): string {
  const folder = temporaryFolder("codex-wire-ca");
  const path = join(folder, "ca.pem");
  writeFileSync(path, pems.join("\n"));
  return path;
}
