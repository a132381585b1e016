import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Where `npm run test:interop` installs the clients. */
export const FOLDER = join(import.meta.dirname, "../../.cache/interop");

const resolver = createRequire(join(FOLDER, "package.json"));

/**
 * A module of an installed package, by its name, or by the path of its file if the name cannot be resolved from here. Its types are not
 * available: `Module` declares what the test uses.
 */
export async function installed<Module>(specifier: string): Promise<Module> {
  const path = specifier.endsWith(".js") ? join(FOLDER, "node_modules", specifier) : resolver.resolve(specifier);
  return (await import(pathToFileURL(path).href)) as Module;
}
