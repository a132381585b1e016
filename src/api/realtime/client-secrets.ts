import { count, knownOptions, object } from "../../client/options.ts";
import { readAnswer } from "../service/answer.ts";
import { type UnaryOptions, unaryCall } from "../service/call-options.ts";
import { ServiceClient } from "../service/client.ts";
import { isJsonObject, type JsonObject } from "../wire/json.ts";
import { sessionWire } from "./protocol/session-wire.ts";
import type { RealtimeSession } from "./session.ts";

export interface ClientSecretRequest {
  /**
   * The session that the secret opens; a client that has the secret connects with `session: "keep"`. By default a session of the service's
   * defaults.
   */
  readonly session?: RealtimeSession | undefined;
  /** How long the secret can open a session, in milliseconds. @default the service's: ten minutes */
  readonly expiresAfterMs?: number | undefined;
}

const REQUEST = knownOptions<ClientSecretRequest>("the request of clientSecrets.create()", {
  session: true,
  expiresAfterMs: true,
});

export interface ClientSecret {
  /** `ek_…`: a bearer token for a browser or a mobile app, which must not have the API key. */
  readonly value: string;
  /** Time of expiry, in Unix seconds. */
  readonly expiresAt: number;
  /** The session, as the service returned it. */
  readonly session?: JsonObject | undefined;
}

/** `POST {baseUrl}/realtime/client_secrets`: short-lived credentials for one realtime session. The Rust client has no such call. */
export class ClientSecretsClient extends ServiceClient {
  /** @throws The kinds of `docs/errors.md`. {@link ProtocolError} `failed to decode client secret response: …`. */
  async create(request: ClientSecretRequest = {}, options: UnaryOptions = {}): Promise<ClientSecret> {
    REQUEST(request);
    const { session, expiresAfterMs } = request;
    const body = {
      ...(expiresAfterMs !== undefined && {
        expires_after: { anchor: "created_at", seconds: Math.round(count("expiresAfterMs", expiresAfterMs) / 1000) },
      }),
      ...(session !== undefined && { session: sessionWire(object("session", session, "an object")) }),
    };
    const response = await this.service.execute(unaryCall("realtime/client_secrets", body, options));
    const answer = readAnswer(response, "failed to decode client secret response");
    const agreed = answer.fields.session;
    return {
      value: answer.text("value"),
      expiresAt: answer.number("expires_at", "Unix seconds"),
      ...(isJsonObject(agreed) && { session: agreed }),
    };
  }
}
