import type { HeaderMap } from "./headers.ts";

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

/** A request as far as it can hold credentials. */
export interface SentRequest {
  readonly url: string;
  readonly headers: HeaderMap;
}

// The last names are those of gateways: `subscription-key`, and `code` and `sig` in a query.
const CREDENTIAL_NAME = /authorization|cookie|token|secret|password|api-?key|credential|\b(key|code|sig|signature)$/i;
const SHORTEST_SECRET = 6;

/** The values in a request's headers and URL that no error and no log line may show. */
function secretsOf({ url, headers }: SentRequest): string[] {
  const secrets: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (CREDENTIAL_NAME.test(name)) secrets.push(value.replace(/^(bearer|basic|token)\s+/i, ""));
  }
  if (URL.canParse(url)) {
    const { searchParams, password } = new URL(url);
    for (const [name, value] of searchParams) {
      if (CREDENTIAL_NAME.test(name)) secrets.push(value, encodeURIComponent(value));
    }
    secrets.push(password);
  }
  return secrets.filter((secret) => secret.length >= SHORTEST_SECRET);
}

/** Blanks credentials in a text. */
export type Blank = (text: string) => string;

/**
 * Blanks a request's own credentials: a server may echo what it was sent. The credentials are looked for at once and the request is not held,
 * since an answer can outlive it by far.
 */
export function blankerOf(sent: SentRequest): Blank {
  const secrets = secretsOf(sent);
  return (text) => {
    let blanked = text;
    for (const secret of secrets) blanked = blanked.split(secret).join("[redacted]");
    return blanked;
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
