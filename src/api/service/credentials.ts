import { unlessAborted } from "../../client/abort.ts";
import { BuildError, type HttpError } from "../../client/failure/kinds.ts";
import type { HeaderInit } from "../../client/headers.ts";
import type { AuthProvider, Credentials } from "../auth.ts";
import { header } from "../headers.ts";

/** The credentials of one call: asked for anew with each send, and renewed once at most. */
export class CallCredentials {
  readonly #auth: AuthProvider | undefined;
  readonly #signal: AbortSignal | undefined;
  #sent: Credentials = { bearerToken: undefined, accountId: undefined };
  #mayRenew = true;

  /** @param auth - Undefined for a call that takes none along. */
  constructor(auth: AuthProvider | undefined, signal: AbortSignal | undefined) {
    this.#auth = auth;
    this.#signal = signal;
  }

  /**
   * As headers, for the next send.
   *
   * @throws {@link AbortedError} The signal fired; {@link BuildError} what the provider gave is no text; else what the provider throws.
   */
  async headers(): Promise<HeaderInit> {
    const auth = this.#auth;
    if (!auth) return {};
    this.#sent = await unlessAborted(this.#signal, async () => ({
      bearerToken: credential("bearerToken", await auth.bearerToken()),
      accountId: credential("accountId", await auth.accountId?.()),
    }));
    const { bearerToken, accountId } = this.#sent;
    return {
      authorization: bearerToken === undefined ? undefined : `Bearer ${bearerToken}`,
      [header.accountId]: accountId,
    };
  }

  /** After a refusal: was it for the credentials, and are there others now? Then the same may be sent once more. */
  async renewedAfter(refusal: HttpError): Promise<boolean> {
    if (refusal.status !== 401 || !this.#mayRenew) return false;
    this.#mayRenew = false;
    return Boolean(await unlessAborted(this.#signal, () => this.#auth?.onUnauthorized?.(this.#sent)));
  }
}

/** Untyped callers give null for nothing, or an object that would go out as `[object Object]`. */
function credential(name: keyof Credentials, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (value === "") {
    throw new BuildError(`${name}() of the auth provider gave an empty string; undefined is what sends no header`);
  }
  if (typeof value === "string") return value;
  throw new BuildError(`${name}() of the auth provider gave a value of type ${typeof value}; it must give a string`);
}
