import { SecretFinder, type SentRequest, secretsOf } from "../../secrets/index.ts";
import type { HeaderMap } from "../headers.ts";

/** Origin and path. User info and query are cut off, because either can contain a key. */
export function safeUrl(url: string | URL): string {
  try {
    const parsed = typeof url === "string" ? new URL(url) : url;
    // For schemes that are not special in the URL standard, `origin` is "null"; ws: and wss: are special.
    return `${parsed.origin}${parsed.pathname}`;
  } catch {
    return "(invalid URL)";
  }
}

/** Blanks credentials in a text. */
export type Blank = (text: string) => string;

/**
 * Blanks the credentials of a request and its redirects in texts: a server may repeat what it was sent, whole or cut. The credentials are
 * collected at once and the request is not kept, because an answer can outlive it by far.
 */
export function blankerOf(...sent: readonly SentRequest[]): Blank {
  const secrets = [...new Set(sent.flatMap(secretsOf))];
  if (secrets.length === 0) return (text) => text;
  let finder: SecretFinder | undefined; // created when there is something to blank, which is rare
  return (text) => {
    finder ??= new SecretFinder(secrets);
    return finder.replaceIn(text, "[redacted]");
  };
}

/** Response headers that can be kept in an error: repeated credentials and cookies are blanked. */
export function blankHeaders(headers: HeaderMap, blank: Blank): HeaderMap {
  const safe: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(headers)) {
    safe[name] = name === "set-cookie" ? "[redacted]" : blank(value);
  }
  return safe;
}

/**
 * A parser's error contains the bytes that it could not parse, which may repeat the request's credentials: `data` of undici's errors,
 * `rawPacket` of Node's.
 */
export function withoutRawBytes<Thrown extends Error>(error: Thrown & { data?: unknown; rawPacket?: unknown }): Thrown {
  delete error.data;
  delete error.rawPacket;
  return error;
}
