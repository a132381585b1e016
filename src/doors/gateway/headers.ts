import type { HeaderMap } from "../../client/index.ts";

/** An answer's headers as clients see them. A cookie of the service's belongs to the credentials that the gateway asked with, as these do to no client. */
export function toldHeaders({ "set-cookie": _cookie, ...told }: HeaderMap): HeaderMap {
  return told;
}
