import { BuildError, type HttpError, TimeoutError } from "../../client/failure/kinds.ts";
import type { HeaderInit } from "../../client/headers.ts";
import { unlessInterrupted } from "../../client/waiting/interruptible.ts";
import type { AuthProvider, AuthRequest, Credentials } from "../auth.ts";
import { header } from "../headers.ts";

/** Credentials for one send. */
export interface SentCredentials {
  readonly headers: HeaderInit;
  /** Values that no message may show, whatever header they are in. */
  readonly secrets: readonly string[];
}

const NONE: Credentials = { bearerToken: undefined, accountId: undefined, headers: {} };

/** The credentials of one call, over all its requests and handshakes: asked for anew with each, and renewed once at most. */
export class CallCredentials {
  readonly #auth: AuthProvider | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #timeoutMs: number;
  #sent = NONE;
  #mayRenew = true;

  /**
   * @param auth - Undefined for a call that takes none along.
   * @param timeoutMs - For each answer of the provider's; 0 for no limit.
   */
  constructor(auth: AuthProvider | undefined, signal: AbortSignal | undefined, timeoutMs: number) {
    this.#auth = auth;
    this.#signal = signal;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * For the next send.
   *
   * @throws {@link AbortedError} The signal fired; {@link BuildError} what the provider gave is no text; {@link TimeoutError} it gave nothing; else
   *   what the provider throws.
   */
  async next(request: AuthRequest): Promise<SentCredentials> {
    const auth = this.#auth;
    if (!auth) return { headers: {}, secrets: [] };
    this.#sent = {
      bearerToken: credential("bearerToken", await this.#ask("bearerToken", () => auth.bearerToken?.())),
      accountId: credential("accountId", await this.#ask("accountId", () => auth.accountId?.())),
      headers: headersOf(await this.#ask("headers", () => auth.headers?.(request))),
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

  /** Whose credentials they are now. Throws as {@link next} does. */
  async accountId(): Promise<string | undefined> {
    const auth = this.#auth;
    if (!auth?.accountId) return undefined;
    return credential("accountId", await this.#ask("accountId", () => auth.accountId?.()));
  }

  /** After a refusal: was it for the credentials, and are there others now? Then the same may be sent once more. */
  async renewedAfter(refusal: HttpError): Promise<boolean> {
    if (refusal.status !== 401 || !this.#mayRenew) return false;
    this.#mayRenew = false;
    return Boolean(await this.#ask("onUnauthorized", () => this.#auth?.onUnauthorized?.(this.#sent)));
  }

  #ask<Answer>(method: keyof AuthProvider, ask: () => Answer | Promise<Answer>): Promise<Answer> {
    const timeoutMs = this.#timeoutMs;
    const lateError = () =>
      new TimeoutError(
        `${method}() of the auth provider gave no answer within ${timeoutMs} ms, and nothing was sent; headersTimeoutMs allows more time`,
        { phase: "connect", timeoutMs, outlook: "never" },
      );
    return unlessInterrupted({ signal: this.#signal, timeoutMs, lateError }, ask);
  }
}

function lowerCased(headers: HeaderInit): HeaderInit {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Untyped callers give a `Headers`, whose fields are not its own properties, or the text of one. */
function headersOf(value: HeaderInit | null | undefined): HeaderInit {
  if (value === undefined || value === null) return {};
  if (typeof value === "object" && !Array.isArray(value) && typeof (value as Partial<Headers>).forEach !== "function")
    return value;
  throw new BuildError(
    "headers() of the auth provider gave no object of names and values; of a Headers object that is Object.fromEntries(headers)",
  );
}

/** Untyped callers give null for nothing, or an object that would go out as `[object Object]`. */
function credential(name: "bearerToken" | "accountId", value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (value === "") {
    throw new BuildError(`${name}() of the auth provider gave an empty string; undefined is what sends no header`);
  }
  if (typeof value === "string") return value;
  throw new BuildError(`${name}() of the auth provider gave a value of type ${typeof value}; it must give a string`);
}
