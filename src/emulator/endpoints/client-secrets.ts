import { type Fields, fieldsIn } from "../fields.ts";
import type { Identifiers } from "../responses/identifiers.ts";

const DEFAULT_SECONDS = 600;

/** Answers `realtime/client_secrets` with a secret that opens any session here. */
export function createClientSecret(body: Fields, identifiers: Identifiers, nowSeconds: number): Fields {
  const { seconds = DEFAULT_SECONDS } = fieldsIn(body, "expires_after") ?? {};
  const session = { type: "realtime", ...fieldsIn(body, "session") };
  return {
    value: identifiers.next("ek"),
    expires_at: nowSeconds + Number(seconds),
    session: { id: identifiers.next("sess"), object: `${session.type}.session`, ...session },
  };
}
