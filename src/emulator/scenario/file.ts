import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { isFields } from "../fields.ts";
import { readText } from "../text-file.ts";
import { checkedScenario } from "./check.ts";
import type { Scenario } from "./scenario.ts";

const MODULES = new Set([".ts", ".mts", ".js", ".mjs"]);
const MAX_BYTES = 16 * 1024 * 1024;
const SETTLED_MS = 50; // an editor writes a file in several steps

/**
 * Reads a scenario: JSON, YAML, or the default export of a module. YAML needs the package `yaml`, and a module in TypeScript needs a Node
 * version that strips types (22.18 and later).
 *
 * @throws An error that names the file and what is wrong with it.
 */
export async function readScenario(path: string, version = 0): Promise<Scenario> {
  try {
    return checkedScenario(await contentOf(resolve(path), version));
  } catch (error) {
    throw new Error(`the scenario ${path} cannot be used: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

async function contentOf(path: string, version: number): Promise<unknown> {
  const extension = extname(path).toLowerCase();
  if (MODULES.has(extension)) {
    if (!(await stat(path)).isFile()) throw new Error("it is not a regular file");
    const address = `${pathToFileURL(path).href}?version=${version}`; // a module is loaded once per address
    const module: unknown = await import(address);
    return isFields(module) || isModule(module) ? module.default : undefined;
  }
  const text = await readText(path, MAX_BYTES);
  if (extension !== ".yaml" && extension !== ".yml") return JSON.parse(text);
  const yaml = await import("yaml").catch(() => {
    throw new Error("YAML needs the package `yaml`; install it, or write the scenario as JSON");
  });
  return yaml.parse(text);
}

function isModule(value: unknown): value is { readonly default?: unknown } {
  return typeof value === "object" && value !== null;
}

/** Calls back after each change of the file, with the scenario or with the error. */
export function watchScenario(
  path: string,
  onChange: (scenario: Scenario) => void,
  onError: (error: unknown) => void,
): FSWatcher {
  let version = 0;
  let timer: NodeJS.Timeout | undefined;
  const reload = (): void => {
    version += 1;
    readScenario(path, version).then(onChange, onError);
  };
  // Watches the folder, because many editors replace the file.
  const watcher = watch(dirname(resolve(path)), (_event, name) => {
    if (name !== null && name !== basename(path)) return;
    clearTimeout(timer);
    timer = setTimeout(reload, SETTLED_MS);
  });
  watcher.on("close", () => clearTimeout(timer));
  watcher.on("error", onError);
  return watcher;
}
