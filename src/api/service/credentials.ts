import { unlessAborted } from "../../client/abort.ts";
import { BuildError, type HttpError } from "../../client/failure/kinds.ts";
import type { HeaderInit } from "../../client/headers.ts";
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
  #sent = NONE;
  #mayRenew = true;

  /** @param auth - Undefined for a call that takes none along. */
  constructor(auth: AuthProvider | undefined, signal: AbortSignal | undefined) {
    this.#auth = auth;
    this.#signal = signal;
  }

  /**
   * For the next send.
   *
   * @throws {@link AbortedError} The signal fired; {@link BuildError} what the provider gave is no text; else what the provider throws.
   */
  async next(request: AuthRequest): Promise<SentCredentials> {
    const auth = this.#auth;
    if (!auth) return { headers: {}, secrets: [] };
    this.#sent = await unlessAborted(this.#signal, async () => ({
      bearerToken: credential("bearerToken", await auth.bearerToken?.()),
      accountId: credential("accountId", await auth.accountId?.()),
      headers: (await auth.headers?.(request)) ?? {},
    }));
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
    return unlessAborted(this.#signal, async () => credential("accountId", await auth.accountId?.()));
  }

  /** After a refusal: was it for the credentials, and are there others now? Then the same may be sent once more. */
  async renewedAfter(refusal: HttpError): Promise<boolean> {
    if (refusal.status !== 401 || !this.#mayRenew) return false;
    this.#mayRenew = false;
    return Boolean(await unlessAborted(this.#signal, () => this.#auth?.onUnauthorized?.(this.#sent)));
  }
}

function lowerCased(headers: HeaderInit): HeaderInit {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
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
