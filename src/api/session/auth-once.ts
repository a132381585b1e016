import type { AuthProvider, Credentials } from "../auth.ts";

/** Credentials of a session: they are renewed at most once in a call, however many requests and handshakes it takes. */
export class OncePerCallAuth implements AuthProvider {
  readonly #auth: AuthProvider;
  #wasRenewed = false;

  constructor(auth: AuthProvider) {
    this.#auth = auth;
  }

  /** A new call begins. */
  beginCall(): void {
    this.#wasRenewed = false;
  }

  bearerToken(): ReturnType<AuthProvider["bearerToken"]> {
    return this.#auth.bearerToken();
  }

  accountId(): ReturnType<AuthProvider["bearerToken"]> {
    return this.#auth.accountId?.();
  }

  onUnauthorized(refused: Credentials): boolean | Promise<boolean> {
    if (this.#wasRenewed) return false;
    this.#wasRenewed = true;
    return this.#auth.onUnauthorized?.(refused) ?? false;
  }
}
