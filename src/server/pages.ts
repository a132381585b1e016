import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";

/** Seconds for which a browser may remember a permission. */
const REMEMBERED_S = "600";

/**
 * Headers with which a browser gives an answer to the page that asked (Fetch standard, CORS protocol), if one did. Whether the page may ask
 * is decided before, by `strangerIn`.
 */
export function headersForPage({ origin }: { readonly origin?: string | undefined }): Record<string, string> {
  if (origin === undefined) return {};
  return { "access-control-allow-origin": origin, "access-control-expose-headers": "*", vary: "origin" };
}

/**
 * Answers the question of a browser whether its page may send a request (a preflight).
 *
 * @param isStranger - Whether the page is refused.
 * @returns False if the message is another request, or the page is refused.
 */
export function answersPreflight(
  { method, headers }: IncomingMessage,
  response: ServerResponse,
  isStranger: (headers: IncomingHttpHeaders) => boolean,
): boolean {
  const asked = headers["access-control-request-method"];
  if (method !== "OPTIONS" || headers.origin === undefined || asked === undefined || isStranger(headers)) return false;
  response.writeHead(204, {
    ...headersForPage(headers),
    "access-control-allow-methods": asked,
    "access-control-allow-headers": headers["access-control-request-headers"] ?? "*",
    "access-control-max-age": REMEMBERED_S,
  });
  response.end();
  return true;
}
