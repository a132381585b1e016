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
   * Called once per call after a 401, on HTTP and on a WebSocket handshake. True: the credentials changed, try again.
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
