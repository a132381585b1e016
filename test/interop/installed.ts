import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Where `npm run test:interop` installs the clients. */
export const FOLDER = join(import.meta.dirname, "../../.cache/interop");

const resolver = createRequire(join(FOLDER, "package.json"));

/** A module of one of them, by its name, or by the path of its file where it names none that can be resolved from here. Its types are not there to be checked against: `Module` declares what the test uses of it. */
export async function installed<Module>(specifier: string): Promise<Module> {
  const path = specifier.endsWith(".js") ? join(FOLDER, "node_modules", specifier) : resolver.resolve(specifier);
  return (await import(pathToFileURL(path).href)) as Module;
}
