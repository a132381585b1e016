import { SecretFinder, type SentRequest, secretsOf } from "../../secrets/index.ts";
import type { HeaderMap } from "../headers.ts";

/** Origin and path. User info and query are cut: either can hold a key. */
export function safeUrl(url: string | URL): string {
  try {
    const parsed = typeof url === "string" ? new URL(url) : url;
    // `origin` is "null" for ws: and wss: in the URL standard's eyes only when the scheme is not special; both are.
    return `${parsed.origin}${parsed.pathname}`;
  } catch {
    return "(invalid URL)";
  }
}

/** Blanks credentials in a text. */
export type Blank = (text: string) => string;

/**
 * Blanks the credentials of a request, or of all those that it became: a server may echo what it was sent, whole or cut. The credentials are looked
 * for at once and the request is not held, since an answer can outlive it by far.
 */
export function blankerOf(...sent: readonly SentRequest[]): Blank {
  const secrets = [...new Set(sent.flatMap(secretsOf))];
  if (secrets.length === 0) return (text) => text;
  let finder: SecretFinder | undefined; // made when there is something to blank, which is seldom
  return (text) => {
    finder ??= new SecretFinder(secrets);
    return finder.replaceIn(text, "[redacted]");
  };
}

/** Response headers fit to be kept in an error: echoed credentials and cookies are blanked. */
export function blankHeaders(headers: HeaderMap, blank: Blank): HeaderMap {
  const safe: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(headers)) {
    safe[name] = name === "set-cookie" ? "[redacted]" : blank(value);
  }
  return safe;
}

/**
 * A parser's error carries what it could not parse, and a server that echoes puts the request's credentials there: `data` of undici's, `rawPacket`
 * of Node's.
 */
export function withoutRawBytes<Thrown extends Error>(error: Thrown & { data?: unknown; rawPacket?: unknown }): Thrown {
  delete error.data;
  delete error.rawPacket;
  return error;
}
