import { BuildError } from "../failure/kinds.ts";

/** The first Bun version whose node:http uses a connection that it is given. */
const BUN_WITH_OWN_CONNECTIONS = [1, 4] as const;

/**
 * Call this before giving a connection to node:http, or to ws, which uses it. A runtime that opens its own connection instead would bypass
 * certificates and proxy, with the request's credentials.
 *
 * @throws {@link BuildError} This runtime does that.
 */
export function checkTakesConnections(what: string, bun: string | undefined = process.versions.bun): void {
  if (bun === undefined) return;
  const [major = 0, minor = 0] = bun.split(".").map(Number);
  const [wantedMajor, wantedMinor] = BUN_WITH_OWN_CONNECTIONS;
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  throw new BuildError(
    `${what} does not work on Bun ${bun}, whose node:http opens its own connection and so ignores the CA bundle and the proxy; use Bun ${BUN_WITH_OWN_CONNECTIONS.join(".")} or later, or Node.js`,
  );
}
