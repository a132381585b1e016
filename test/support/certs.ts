import { readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "../fixtures/certs");

/** Path of a certificate fixture; `test/fixtures/certs/README.md` says what each one is. */
export function certPath(name: string): string {
  return join(FOLDER, name);
}

/** Text of certificate fixtures, one after another. */
export function cert(...names: readonly string[]): string {
  return names.map((name) => readFileSync(certPath(name), "utf8")).join("");
}
