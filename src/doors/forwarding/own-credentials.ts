import { type Blank, blankerOf, type SentRequest } from "../../client/index.ts";
import type { AuthProvider } from "../../index.ts";

/** For credentials that belong to the reader. */
export const asItIs: Blank = (text) => text;

/** A provider that signs each request never returns the same ones twice. */
const MOST_REMEMBERED = 32;

/**
 * Credentials that no client may see. They are removed from the service's texts, because a service may repeat them when it refuses them.
 * Credentials that were replaced meanwhile are removed too, because an answer to a request with them may still arrive.
 */
export class OwnCredentials {
  /** The same provider; the credentials that it returns are remembered. */
  readonly auth: AuthProvider;
  /** As the caller gave it. */
  readonly given: AuthProvider;
  /** By their text, in the order in which they were last returned. */
  readonly #remembered = new Map<string, SentRequest>();
  #blank: Blank | undefined;

  constructor(auth: AuthProvider) {
    this.given = auth;
    this.auth = {
      bearerToken: async () => {
        const token = await auth.bearerToken?.();
        if (typeof token === "string") this.#remember("authorization", `Bearer ${token}`);
        return token;
      },
      accountId: async () => auth.accountId?.(),
      headers: async (request) => {
        const headers = (await auth.headers?.(request)) ?? {};
        for (const [name, value] of Object.entries(headers)) if (typeof value === "string") this.#remember(name, value);
        return headers;
      },
      checkBaseUrl: (baseUrl) => auth.checkBaseUrl?.(baseUrl),
      onUnauthorized: async (refused) => (await auth.onUnauthorized?.(refused)) ?? false,
    };
  }

  /** Removes them from a text. */
  readonly blank: Blank = (text) => {
    this.#blank ??= blankerOf(...this.#remembered.values());
    return this.#blank(text);
  };

  #remember(name: string, value: string): void {
    const header = `${name}: ${value}`;
    if (this.#remembered.has(header)) return;
    this.#remembered.set(header, { url: "", headers: { [name]: value }, secrets: [value] });
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > MOST_REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest);
    this.#blank = undefined;
  }
}
