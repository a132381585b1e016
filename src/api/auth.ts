import { BuildError } from "../client/failure/kinds.ts";
import type { HeaderInit } from "../client/headers.ts";

/**
 * Supplies credentials, asked anew for every request and every WebSocket handshake, so that a refreshed token is used at once. Every method is
 * optional, one is needed; `undefined` sends the request without that header. What a method throws is thrown to the caller as it is, and nothing is
 * sent; an abort does not wait for what a method returned, and none may take longer than the provider's `headersTimeoutMs`.
 */
export interface AuthProvider {
  /** Sent as `authorization: Bearer …`. */
  bearerToken?(): string | undefined | Promise<string | undefined>;
  /** Sent as `chatgpt-account-id`. Another one than before makes a session open a new WebSocket; a new token waits for the next handshake. */
  accountId?(): string | undefined | Promise<string | undefined>;
  /**
   * Any scheme that the other two do not cover: headers that overwrite every other of the same name. Their values are credentials, and are blanked
   * wherever a server repeats them.
   */
  headers?(request: AuthRequest): HeaderInit | Promise<HeaderInit>;
  /**
   * Called once per call after a 401, on HTTP and on a WebSocket handshake. True: there are other credentials than the refused ones, try again.
   * Calls at the same time each bring their own refusal, and one renewal can serve them all: compare with `refused`.
   */
  onUnauthorized?(refused: Credentials): boolean | Promise<boolean>;
}

/** What is about to be sent, for schemes that sign it. */
export interface AuthRequest {
  readonly carrier: "http" | "websocket";
  readonly method: string;
  /** Whole, with its query. */
  readonly url: string;
  /** As it goes out, compressed where it is; undefined for a handshake, for a request without a body and for a stream. */
  readonly body: Uint8Array | undefined;
}

/** As they went out with a request. */
export interface Credentials {
  readonly bearerToken: string | undefined;
  readonly accountId: string | undefined;
  /** What `headers` gave. */
  readonly headers: HeaderInit;
}

const METHODS = ["bearerToken", "accountId", "headers", "onUnauthorized"] as const;

/** @throws {@link BuildError} It is no auth provider: untyped callers give a key in its place. */
export function checkAuth(auth: AuthProvider): void {
  const known = "an auth provider: apiKeyAuth(key), noAuth() or your own";
  if (typeof auth !== "object" || auth === null) throw new BuildError(`auth must be ${known}, and is ${typeof auth}`);
  for (const name of METHODS) {
    if (auth[name] !== undefined && typeof auth[name] !== "function")
      throw new BuildError(`${name} of the auth provider must be a method, and is of type ${typeof auth[name]}`);
  }
  if (METHODS.every((name) => auth[name] === undefined))
    throw new BuildError(`auth has no method bearerToken, accountId or headers; it must be ${known}`);
}

/**
 * A fixed API key, without the white space around it that files and variables bring along.
 *
 * @param key - Undefined is taken by the type alone, so that a variable can be handed over as it is.
 * @throws {@link BuildError} There is no key, at once and not as a refusal of the first request.
 */
export function apiKeyAuth(key: string | undefined): AuthProvider & { bearerToken(): string } {
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
