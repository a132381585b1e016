import { type Blank, blankerOf, type SentRequest } from "../../client/index.ts";
import type { AuthProvider } from "../../index.ts";

/** The credentials in it are its reader's own. */
export const asItIs: Blank = (text) => text;

/** Of a provider that signs each request no two are the same. */
const MOST_REMEMBERED = 32;

/**
 * Credentials that no client may see, and what hides them in the words of a service, which may repeat them where it refuses them. Those that were renewed
 * meanwhile are hidden too: an answer may be under way that was asked for with them.
 */
export class OwnCredentials {
  /** The provider itself, whose credentials are remembered as they are given. */
  readonly auth: AuthProvider;
  /** By their text; the ones given last are last. */
  readonly #given = new Map<string, SentRequest>();
  #blank: Blank | undefined;

  constructor(auth: AuthProvider) {
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
      onUnauthorized: async (refused) => (await auth.onUnauthorized?.(refused)) ?? false,
    };
  }

  /** Blanks them in a text. */
  readonly blank: Blank = (text) => {
    this.#blank ??= blankerOf(...this.#given.values());
    return this.#blank(text);
  };

  #remember(name: string, value: string): void {
    const header = `${name}: ${value}`;
    if (this.#given.has(header)) return;
    this.#given.set(header, { url: "", headers: { [name]: value }, secrets: [value] });
    const [oldest] = this.#given.keys();
    if (this.#given.size > MOST_REMEMBERED && oldest !== undefined) this.#given.delete(oldest);
    this.#blank = undefined;
  }
}
