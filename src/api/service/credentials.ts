import { BuildError, type HttpError, TimeoutError } from "../../client/failure/kinds.ts";
import type { HeaderInit } from "../../client/headers.ts";
import { unlessInterrupted } from "../../client/waiting/interruptible.ts";
import type { AuthProvider, AuthRequest, Credentials } from "../auth.ts";
import { header } from "../headers.ts";

/** Credentials for one attempt. */
export interface SentCredentials {
  readonly headers: HeaderInit;
  /** Values that no message may show, in whatever header they are. */
  readonly secrets: readonly string[];
}

const NONE: Credentials = { bearerToken: undefined, accountId: undefined, headers: {} };

/** The credentials of one call, over all its requests and handshakes: requested for each of them, and renewed at most once. */
export class CallCredentials {
  readonly #auth: AuthProvider | undefined;
  readonly #timeoutMs: number;
  #sent = NONE;
  #mayRenew = true;

  /**
   * @param auth - Undefined for a call without credentials.
   * @param timeoutMs - For each method of the auth provider; 0 for no limit.
   */
  constructor(auth: AuthProvider | undefined, timeoutMs: number) {
    this.#auth = auth;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Credentials for the next attempt.
   *
   * @param signal - That of the attempt. It may outlast the call, because other calls share its handshake.
   * @throws {@link AbortedError} The signal fired. {@link BuildError} The auth provider returned something else than a text.
   *   {@link TimeoutError} It did not return. Otherwise the errors that the auth provider throws.
   */
  async next(request: AuthRequest, signal?: AbortSignal): Promise<SentCredentials> {
    const auth = this.#auth;
    if (!auth) return { headers: {}, secrets: [] };
    this.#sent = {
      bearerToken: credential("bearerToken", await this.#ask("bearerToken", signal, () => auth.bearerToken?.())),
      accountId: credential("accountId", await this.#ask("accountId", signal, () => auth.accountId?.())),
      headers: headersOf(await this.#ask("headers", signal, () => auth.headers?.(request))),
    };
    const { bearerToken, accountId, headers } = this.#sent;
    return {
      headers: {
        authorization: bearerToken === undefined ? undefined : `Bearer ${bearerToken}`,
        [header.accountId]: accountId,
        ...lowerCased(headers),
      },
      secrets: Object.values(headers).filter((value) => typeof value === "string"),
    };
  }

  /** The account of the current credentials. Throws as {@link next} does. */
  async accountId(signal?: AbortSignal): Promise<string | undefined> {
    const auth = this.#auth;
    if (!auth?.accountId) return undefined;
    return credential("accountId", await this.#ask("accountId", signal, () => auth.accountId?.()));
  }

  /** After a refusal: true if it was about the credentials and new ones are available. The request may then be sent once more. */
  async renewedAfter(refusal: HttpError, signal?: AbortSignal): Promise<boolean> {
    if (refusal.status !== 401 || !this.#mayRenew) return false;
    this.#mayRenew = false;
    return Boolean(await this.#ask("onUnauthorized", signal, () => this.#auth?.onUnauthorized?.(this.#sent)));
  }

  #ask<Answer>(
    method: keyof AuthProvider,
    signal: AbortSignal | undefined,
    ask: () => Answer | Promise<Answer>,
  ): Promise<Answer> {
    const timeoutMs = this.#timeoutMs;
    const lateError = () =>
      new TimeoutError(
        `${method}() of the auth provider did not return within ${timeoutMs} ms, and nothing was sent; raise headersTimeoutMs to allow more time`,
        { phase: "connect", timeoutMs, outlook: "never" },
      );
    return unlessInterrupted({ signal, timeoutMs, lateError }, ask);
  }
}

function lowerCased(headers: HeaderInit): HeaderInit {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Untyped callers return a `Headers` object, whose fields are not properties, or a text. */
function headersOf(value: HeaderInit | null | undefined): HeaderInit {
  if (value === undefined || value === null) return {};
  if (typeof value === "object" && !Array.isArray(value) && typeof (value as Partial<Headers>).forEach !== "function")
    return value;
  throw new BuildError(
    "headers() of the auth provider did not return an object of names and values; for a Headers object, return Object.fromEntries(headers)",
  );
}

/** Untyped callers return null, or an object that would be sent as `[object Object]`. */
function credential(name: "bearerToken" | "accountId", value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (value === "") {
    throw new BuildError(`${name}() of the auth provider returned an empty string; return undefined to send no header`);
  }
  if (typeof value === "string") return value;
  throw new BuildError(
    `${name}() of the auth provider returned a value of type ${typeof value}; it must return a string`,
  );
}
