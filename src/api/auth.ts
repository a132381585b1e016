import { BuildError } from "../client/failure/kinds.ts";
import type { HeaderInit } from "../client/headers.ts";

/**
 * Supplies credentials. It is asked for every request and every WebSocket handshake, so that a refreshed token is used at once. All methods
 * are optional, but at least one is needed; a method that returns `undefined` sends the request without that header. An error that a method
 * throws reaches the caller unchanged, and nothing is sent. An abort does not wait for a pending method, and a method that takes longer
 * than the provider's `headersTimeoutMs` fails the call.
 */
export interface AuthProvider {
  /** Sent as `authorization: Bearer …`. */
  bearerToken?(): string | undefined | Promise<string | undefined>;
  /** Sent as `chatgpt-account-id`. If it changes, a session opens a new WebSocket; a new token takes effect with the next handshake. */
  accountId?(): string | undefined | Promise<string | undefined>;
  /**
   * For schemes that the other two methods do not cover: headers that overwrite all others of the same name. Their values count as
   * credentials, and are blanked wherever a server repeats them.
   */
  headers?(request: AuthRequest): HeaderInit | Promise<HeaderInit>;
  /**
   * Called at most once per call, after a 401 for an HTTP request or a WebSocket handshake. Return true if there are new credentials; the
   * request is then sent again. Concurrent calls each report their own refusal, and one renewal can serve them all: compare with `refused`.
   */
  onUnauthorized?(refused: Credentials): boolean | Promise<boolean>;
  /**
   * Called with the provider's base URL when a client is made with these credentials: throw if the credentials must not be sent there. By
   * default they are sent to the base URL, whatever it is, and never to another origin.
   */
  checkBaseUrl?(baseUrl: string): void;
}

/** The request about to be sent, for schemes that sign it. */
export interface AuthRequest {
  readonly carrier: "http" | "websocket";
  readonly method: string;
  /** The whole URL, with its query. */
  readonly url: string;
  /** The bytes that are sent, after compression. Undefined for a handshake, for a request without a body and for a streamed body. */
  readonly body: Uint8Array | undefined;
}

/** The credentials that were sent with a request. */
export interface Credentials {
  readonly bearerToken: string | undefined;
  readonly accountId: string | undefined;
  /** The result of `headers`. */
  readonly headers: HeaderInit;
}

const METHODS = ["bearerToken", "accountId", "headers", "onUnauthorized"] as const;

/**
 * @param baseUrl - Where the credentials will be sent.
 * @throws {@link BuildError} It is not an auth provider; for example, an untyped caller passed the key itself. Otherwise what its
 *   `checkBaseUrl` throws.
 */
export function checkAuth(auth: AuthProvider, baseUrl: string): void {
  const known = "an auth provider: apiKeyAuth(key), noAuth() or your own";
  if (typeof auth !== "object" || auth === null)
    throw new BuildError(`auth must be ${known}, and is a value of type ${typeof auth}`);
  for (const name of [...METHODS, "checkBaseUrl"] as const) {
    if (auth[name] !== undefined && typeof auth[name] !== "function")
      throw new BuildError(`${name} of the auth provider must be a method, and is of type ${typeof auth[name]}`);
  }
  if (METHODS.every((name) => auth[name] === undefined))
    throw new BuildError(`auth has no method bearerToken, accountId or headers; it must be ${known}`);
  auth.checkBaseUrl?.(baseUrl);
}

/**
 * A fixed API key. White space around it, which files and variables often have, is removed.
 *
 * @param key - The type allows undefined, so that you can pass a variable.
 * @throws {@link BuildError} There is no key, or it has quotation marks or `Bearer` around it: thrown at once, not with the first request.
 */
export function apiKeyAuth(key: string | undefined): AuthProvider & { bearerToken(): string } {
  const token = typeof key === "string" ? key.trim() : "";
  if (token === "") {
    const got = typeof key === "string" ? "an empty string" : typeof key;
    throw new BuildError(
      `apiKeyAuth() got no key but ${got}: is the variable that it comes from set? If no key is needed, use noAuth()`,
    );
  }
  // Docker's --env-file keeps quotation marks, and a copied header has the scheme: the service would say only that the key is wrong.
  if (/^(["'].*["']|bearer\s.*)$/is.test(token))
    throw new BuildError(
      "the API key must be the key alone: leave out the quotation marks, or the word Bearer, around it",
    );
  return { bearerToken: () => token };
}

/** No credentials, for local servers. */
export function noAuth(): AuthProvider {
  return { bearerToken: () => undefined };
}
