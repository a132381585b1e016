import { NetworkError } from "../failure/kinds.ts";
import type { HeaderMap } from "../headers.ts";
import type { HttpRequest } from "../transport.ts";
import type { ExchangeHead } from "./exchange.ts";
import { isReplayable } from "./request-body.ts";

/** Fetch standard: 20; the Rust client's HTTP library: 10. */
export const MAX_REDIRECTS = 10;

export const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const BODY_HEADERS = /^(content-.*|transfer-encoding)$/;
// To another origin only headers known to contain no credential are sent: a gateway's key header can have any name.
const FREE_OF_CREDENTIALS =
  /^(accept(-.*)?|content-(type|encoding|length|language)|user-agent|traceparent|tracestate)$/;

/**
 * The request that a redirect leads to; undefined if the answer is not a redirect.
 *
 * 301 and 302 turn POST into GET, 303 everything but HEAD; 307 and 308 repeat the request with its body (Fetch standard §4.4).
 *
 * @param shownUrl - The request's URL, for messages.
 * @throws {@link NetworkError} The target cannot be followed: not HTTP, from https to http, or with a body that cannot be sent twice.
 */
export function followRedirect(
  request: HttpRequest,
  shownUrl: string,
  { status, headers: { location } }: Pick<ExchangeHead, "status" | "headers">,
): HttpRequest | undefined {
  if (!REDIRECTS.has(status) || location === undefined) return undefined;
  const from = new URL(request.url);
  const answer = `HTTP ${status} from ${shownUrl}`;
  const to = targetOf(from, location, answer);
  const sameOrigin = from.origin === to.origin;
  let headers = sameOrigin ? request.headers : pick(request.headers, (name) => FREE_OF_CREDENTIALS.test(name));
  if (becomesGet(request.method, status)) {
    headers = pick(headers, (name) => !BODY_HEADERS.test(name));
    return { ...request, url: to.href, method: "GET", headers, body: undefined };
  }
  if (!isReplayable(request)) {
    throw redirectRefused(`${answer} redirects an upload that cannot be sent twice; use the final address`);
  }
  return { ...request, url: to.href, headers };
}

function becomesGet(method: string, status: number): boolean {
  if (status === 303) return method !== "HEAD";
  return (status === 301 || status === 302) && method === "POST";
}

function targetOf(from: URL, location: string, answer: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (!to || (to.protocol !== "http:" && to.protocol !== "https:")) {
    throw redirectRefused(`${answer} redirects to an address that is not an HTTP URL`);
  }
  if (from.protocol === "https:" && to.protocol === "http:") {
    throw unencryptedRedirect(answer, to.origin);
  }
  return to;
}

/** The error about a redirect from https to http. @param answer - The answer that redirects, with its status and address. */
export function unencryptedRedirect(answer: string, to: string, advice = ""): NetworkError {
  const why = "from https to http is not followed, because the request would be sent unencrypted";
  return redirectRefused(`${answer} redirects to ${to}: ${why}${advice}`);
}

function redirectRefused(message: string): NetworkError {
  return new NetworkError(message, { code: "REDIRECT_REFUSED", phase: "request", outlook: "never" });
}

function pick(headers: HeaderMap, keep: (name: string) => boolean): HeaderMap {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => keep(name)));
}
