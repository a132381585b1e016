import { BuildError } from "../failure/kinds.ts";

/** The first Bun whose node:http sends a request on a connection that it is given. */
const BUN_WITH_OWN_CONNECTIONS = [1, 4] as const;

/**
 * Must be called before node:http, or ws over it, is given a connection: a runtime that makes one of its own instead would go past trust and
 * route, with the request's credentials.
 *
 * @throws {@link BuildError} This runtime does that.
 */
export function checkTakesConnections(what: string, bun: string | undefined = process.versions.bun): void {
  if (bun === undefined) return;
  const [major = 0, minor = 0] = bun.split(".").map(Number);
  const [wantedMajor, wantedMinor] = BUN_WITH_OWN_CONNECTIONS;
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  throw new BuildError(
    `${what} cannot be had on Bun ${bun}, whose node:http makes its own connection in place of the one that it is given, past the CA bundle and the proxy; use Bun ${BUN_WITH_OWN_CONNECTIONS.join(".")} or later, or Node.js`,
  );
}
