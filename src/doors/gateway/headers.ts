import type { HeaderMap } from "../../client/index.ts";

/** An answer's headers for clients. Cookies of the service belong to the gateway's credentials, which clients must not get. */
export function toldHeaders({ "set-cookie": _cookie, ...told }: HeaderMap): HeaderMap {
  return told;
}
