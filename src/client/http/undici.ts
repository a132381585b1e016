import type { Client } from "undici";

/**
 * undici is loaded here and in the function below, and only when needed: it takes longer to load than everything else in this package. It
 * is imported by file, which is the same module on Node; under the package name Bun substitutes its own module over its own `fetch`, which
 * ignores our connections and certificates.
 */
export async function loadUndici(): Promise<typeof import("undici")> {
  const { default: undici } = await import("undici/index.js");
  return undici;
}

/**
 * Loads only undici's class `Client`: less than half the time of the whole before a process's first request, and half the size in a bundle.
 * The path is not part of undici's API; if a later undici does not have it, the whole is loaded.
 */
export function loadUndiciClient(): Promise<typeof Client> {
  client ??= findClient().catch((error: unknown) => {
    client = undefined;
    throw error;
  });
  return client;
}

/** Kept, since Node looks the file's name up with each import of it: 0.1 ms of a new connection. */
let client: Promise<typeof Client> | undefined;

async function findClient(): Promise<typeof Client> {
  try {
    // @ts-expect-error undici has no declarations for its files
    const part: { readonly default?: typeof Client } = await import("undici/lib/dispatcher/client.js");
    if (typeof part.default === "function") return part.default;
  } catch {
    // no such file
  }
  return (await loadUnseen("undici/index.js")).default.Client;
}

/** With a name that bundlers do not follow: a bundle has the file above, and would contain all of undici for nothing. */
function loadUnseen(name: string): Promise<{ readonly default: typeof import("undici") }> {
  return import(/* webpackIgnore: true */ /* @vite-ignore */ name);
}
