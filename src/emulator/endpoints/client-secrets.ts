import { type Fields, fieldsIn } from "../fields.ts";
import type { EndpointContext } from "./context.ts";

const DEFAULT_SECONDS = 600;

type Agreeing = Pick<EndpointContext, "identifiers" | "agreedSessions">;

/** Answers `realtime/client_secrets` with a secret that opens the session of the request. */
export function createClientSecret(
  body: Fields,
  { identifiers, agreedSessions }: Agreeing,
  nowSeconds: number,
): Fields {
  const { seconds = DEFAULT_SECONDS } = fieldsIn(body, "expires_after") ?? {};
  const session = { type: "realtime", ...fieldsIn(body, "session") };
  const value = identifiers.next("ek");
  agreedSessions.secretGiven(value, session);
  return {
    value,
    expires_at: nowSeconds + Number(seconds),
    session: { id: identifiers.next("sess"), object: `${session.type}.session`, ...session },
  };
}
