import { BuildError } from "../client/failure/kinds.ts";

/**
 * Supplies credentials, asked anew for every attempt so that a refreshed token is used at once.
 * `undefined` sends the request without that header. What a method throws is thrown to the caller as it is, and nothing is sent; an abort
 * does not wait for what a method returned.
 */
export interface AuthProvider {
  /** Sent as `authorization: Bearer …`. */
  bearerToken(): string | undefined | Promise<string | undefined>;
  /** Sent as `chatgpt-account-id`. */
  accountId?(): string | undefined | Promise<string | undefined>;
  /**
   * Called once per call after a 401, on HTTP and on a WebSocket handshake. True: there are other credentials than the refused ones, try again.
   * Calls at the same time each bring their own refusal, and one renewal can serve them all: compare with `refused`.
   */
  onUnauthorized?(refused: Credentials): boolean | Promise<boolean>;
}

/** As they went out with a request. */
export interface Credentials {
  readonly bearerToken: string | undefined;
  readonly accountId: string | undefined;
}

/**
 * A fixed API key, without the white space around it that files and variables bring along.
 *
 * @param key - Undefined is taken by the type alone, so that a variable can be handed over as it is.
 * @throws {@link BuildError} There is no key, at once and not as a refusal of the first request.
 */
export function apiKeyAuth(key: string | undefined): AuthProvider {
  const token = typeof key === "string" ? key.trim() : "";
  if (token === "") {
    const got = typeof key === "string" ? "an empty string" : typeof key;
    throw new BuildError(
      `apiKeyAuth() got no key but ${got}: is the variable set that it comes from? Where no key is wanted, there is noAuth()`,
    );
  }
  return { bearerToken: () => token };
}

/** No credentials: local servers. */
export function noAuth(): AuthProvider {
  return { bearerToken: () => undefined };
}
