import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A file of the test's own with these certificates, for the variables that name one. */
export function caFile(...pems: readonly (string | undefined)[]): string {
  const folder = mkdtempSync(join(tmpdir(), "codex-wire-ca-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "ca.pem");
  writeFileSync(path, pems.join("\n"));
  return path;
}
