import type { AuthProvider, Credentials } from "../../index.ts";
import { CREDENTIALS } from "./headers.ts";

type Fetch = typeof globalThis.fetch;
type Init = NonNullable<Parameters<Fetch>[1]>;

/**
 * A `fetch` with these credentials in the place of those that a request brings along. After a 401 they are renewed, and a request whose body can be sent again
 * is sent once more.
 */
export function credentialed(send: Fetch, auth: AuthProvider): Fetch {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const method = init?.method ?? (input instanceof Request ? input.method : "GET");
    const body = init?.body;
    const sent = await credentialsFor(auth, { method, url, body });
    const given = init?.headers ?? (input instanceof Request ? input.headers : undefined);
    const answer = await send(input, { ...init, headers: headersWith(given, sent) });
    const mayRepeat = !(input instanceof Request) && (body === undefined || body === null || isReplayable(body));
    if (answer.status !== 401 || !mayRepeat || !(await auth.onUnauthorized?.(sent))) return answer;
    await answer.body?.cancel();
    const renewed = await credentialsFor(auth, { method, url, body });
    return send(input, { ...init, headers: headersWith(given, renewed) });
  };
}

async function credentialsFor(
  auth: AuthProvider,
  { method, url, body }: { readonly method: string; readonly url: string; readonly body: Init["body"] },
): Promise<Credentials> {
  const bytes = typeof body === "string" ? Buffer.from(body) : body instanceof Uint8Array ? body : undefined;
  return {
    bearerToken: (await auth.bearerToken?.()) ?? undefined,
    accountId: (await auth.accountId?.()) ?? undefined,
    headers: (await auth.headers?.({ carrier: "http", method, url, body: bytes })) ?? {},
  };
}

function headersWith(given: Init["headers"], { bearerToken, accountId, headers: others }: Credentials): Headers {
  const headers = new Headers(given);
  for (const name of CREDENTIALS) headers.delete(name);
  if (bearerToken !== undefined) headers.set("authorization", `Bearer ${bearerToken}`);
  if (accountId !== undefined) headers.set("chatgpt-account-id", accountId);
  for (const [name, value] of Object.entries(others)) if (value !== undefined) headers.set(name, value);
  return headers;
}

function isReplayable(body: NonNullable<Init["body"]>): boolean {
  return (
    typeof body === "string" || body instanceof Uint8Array || body instanceof ArrayBuffer || body instanceof FormData
  );
}
