import type { Client } from "undici";

/**
 * Two places load undici, and none before it is needed: loading it costs more than loading everything else here. By its file, which is the same
 * module on Node: under the bare name Bun gives a stand-in of its own, over its own `fetch`, which knows neither our connections nor our trust.
 */
export async function loadUndici(): Promise<typeof import("undici")> {
  const { default: undici } = await import("undici/index.js");
  return undici;
}

/**
 * The one class of undici that requests need, with the files it needs: less than half of the time that the whole takes before a process's
 * first request, and half of its size in a bundle. The path is not promised; where a later undici does not have it, the whole is loaded.
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
    // @ts-expect-error undici's declarations leave its files out
    const part: { readonly default?: typeof Client } = await import("undici/lib/dispatcher/client.js");
    if (typeof part.default === "function") return part.default;
  } catch {
    // no such file
  }
  return (await loadUnseen("undici/index.js")).default.Client;
}

/** By a name that bundlers do not follow: a bundle has the file above, and would hold all of undici for nothing. */
function loadUnseen(name: string): Promise<{ readonly default: typeof import("undici") }> {
  return import(/* webpackIgnore: true */ /* @vite-ignore */ name);
}
