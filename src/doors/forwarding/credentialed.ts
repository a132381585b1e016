import type { HeaderInit } from "../../client/index.ts";
import type { AuthProvider, AuthRequest, Credentials } from "../../index.ts";
import { isCredential } from "./headers.ts";

type Fetch = typeof globalThis.fetch;
type Init = NonNullable<Parameters<Fetch>[1]>;

export interface CredentialedOptions {
  readonly auth: AuthProvider;
  /** For every request; its own headers overwrite them. */
  readonly headers?: HeaderInit | undefined;
}

/**
 * A `fetch` that replaces a request's credentials with these. After a 401 they are renewed, and a request whose body can be sent again is
 * sent once more.
 */
export function credentialed(send: Fetch, { auth, headers: defaults = {} }: CredentialedOptions): Fetch {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const method = init?.method ?? (input instanceof Request ? input.method : "GET");
    const body = init?.body;
    const given = new Headers(defaults as Record<string, string>);
    for (const [name, value] of new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined)))
      if (!isCredential(name)) given.set(name, value);
    const attempt = async () => {
      const credentials = await credentialsFor(auth, { carrier: "http", method, url, body: bytesOf(body) });
      const headers = new Headers(given);
      for (const [name, value] of Object.entries(credentialHeaders(credentials))) headers.set(name, value);
      // `createFetch` keeps the account, and what it does not know as a credential, on a redirect to another origin.
      const isMore = credentials.accountId !== undefined || Object.keys(credentials.headers).length > 0;
      const redirect = isMore ? ({ redirect: "manual" } as const) : {};
      return { credentials, answer: await send(input, { ...init, headers, ...redirect }) };
    };
    const { credentials, answer } = await attempt();
    const mayRepeat = !(input instanceof Request) && isReplayable(body);
    if (answer.status !== 401 || !mayRepeat || !(await auth.onUnauthorized?.(credentials))) return answer;
    await answer.body?.cancel();
    return (await attempt()).answer;
  };
}

/** The credentials that a provider returns for one request. @throws The errors of the provider. */
export async function credentialsFor(auth: AuthProvider, request: AuthRequest): Promise<Credentials> {
  return {
    bearerToken: (await auth.bearerToken?.()) ?? undefined,
    accountId: (await auth.accountId?.()) ?? undefined,
    headers: (await auth.headers?.(request)) ?? {},
  };
}

/** Credentials as headers. */
export function credentialHeaders({ bearerToken, accountId, headers }: Credentials): Record<string, string> {
  const all = {
    authorization: bearerToken === undefined ? undefined : `Bearer ${bearerToken}`,
    "chatgpt-account-id": accountId,
    ...headers,
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name.toLowerCase(), value]])),
  );
}

function bytesOf(body: Init["body"]): Uint8Array | undefined {
  return typeof body === "string" ? Buffer.from(body) : body instanceof Uint8Array ? body : undefined;
}

function isReplayable(body: Init["body"]): boolean {
  if (body === undefined || body === null || typeof body === "string") return true;
  return body instanceof Uint8Array || body instanceof ArrayBuffer || body instanceof FormData;
}
