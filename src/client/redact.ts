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

const CREDENTIAL_NAME = /authorization|cookie|token|secret|password|api-?key|credential/;
const SHORTEST_SECRET = 6;

/** The values in a request's headers that no error and no log line may show. */
function secretsOf(headers: HeaderMap): string[] {
  const secrets: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (!CREDENTIAL_NAME.test(name)) continue;
    const bare = value.replace(/^(bearer|basic|token)\s+/i, "");
    if (bare.length >= SHORTEST_SECRET) secrets.push(bare);
  }
  return secrets;
}

/** Blanks a request's own credentials in a text: a server may echo what it was sent. */
export function blankSecrets(text: string, sentHeaders: HeaderMap): string {
  let blanked = text;
  for (const secret of secretsOf(sentHeaders)) blanked = blanked.split(secret).join("[redacted]");
  return blanked;
}

/** Response headers fit to be kept in an error: echoed credentials and cookies are blanked. */
export function blankHeaders(headers: HeaderMap, sentHeaders: HeaderMap): HeaderMap {
  const safe: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(headers)) {
    safe[name] = name === "set-cookie" ? "[redacted]" : blankSecrets(value, sentHeaders);
  }
  return safe;
}
