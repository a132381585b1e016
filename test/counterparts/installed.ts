import { createRequire } from "node:module";
import { join } from "node:path";

const load = createRequire(join(import.meta.dirname, "../../.cache/counterparts/package.json"));

/**
 * A module of a package that `npm run test:counterparts` installs. It is no dependency, so its types are not there to be checked against:
 * `Module` declares what the test uses of it.
 */
export function installed<Module>(specifier: string): Module {
  return load(specifier) as Module;
}
