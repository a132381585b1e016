/**
 * Supplies credentials, asked anew for every attempt so that a refreshed token is used at once.
 * `undefined` sends the request without that header.
 */
export interface AuthProvider {
  bearerToken(): string | undefined | Promise<string | undefined>;
  accountId?(): string | undefined | Promise<string | undefined>;
  /**
   * Called once per call after a 401, on HTTP and on a WebSocket handshake. True: the credentials changed, try again.
   * What it throws is thrown to the caller.
   */
  onUnauthorized?(): boolean | Promise<boolean>;
}

/** A fixed API key. */
export function apiKeyAuth(key: string): AuthProvider {
  return { bearerToken: () => key };
}

/** No credentials: local servers. */
export function noAuth(): AuthProvider {
  return { bearerToken: () => undefined };
}
