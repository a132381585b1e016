import { unescape as percentDecode } from "node:querystring";
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
  /** Further values in it that are credentials, whatever their header is called. */
  readonly secrets?: readonly string[] | undefined;
}

// The last names are those of gateways: `subscription-key`, and `code` and `sig` in a query.
const CREDENTIAL_NAME = /authorization|cookie|token|secret|password|api-?key|credential|\b(key|code|sig|signature)$/i;
/** A shorter one may be a common word: blanking it would tear every text apart, and the gaps would tell what it is. */
const SHORTEST_SECRET = 6;

/** The values in a request's headers and URL that no error and no log line may show. */
function secretsOf({ url, headers, secrets: given = [] }: SentRequest): string[] {
  const secrets: string[] = [...given];
  for (const [name, value] of Object.entries(headers)) {
    if (/authorization/i.test(name)) secrets.push(...secretsInAuthorization(value));
    else if (CREDENTIAL_NAME.test(name)) secrets.push(value);
  }
  if (URL.canParse(url)) {
    const { searchParams, username, password } = new URL(url);
    for (const [name, value] of searchParams) {
      if (CREDENTIAL_NAME.test(name)) secrets.push(value);
    }
    secrets.push(percentDecode(password || username));
  }
  return secrets.filter(({ length }) => length >= SHORTEST_SECRET);
}

/** What follows the scheme; of a Basic pair the password too, or the user name that stands for a key. */
function secretsInAuthorization(value: string): string[] {
  const [, scheme = "", credentials = value] = /^([a-z][\w-]*) +(.*)$/i.exec(value) ?? [];
  if (scheme.toLowerCase() !== "basic") return [credentials];
  const pair = Buffer.from(credentials, "base64").toString();
  const colon = pair.indexOf(":");
  return [credentials, pair.slice(colon + 1) || pair.slice(0, colon)];
}

/** A character as texts of a server may have it, in an expression: `/` may come as `\/` or `\u002f` in JSON, as `%2F` in a URL. */
function formsOf(character: string): string {
  if (/\w/.test(character)) return character;
  const hex = (value: number, digits: number): string =>
    value
      .toString(16)
      .padStart(digits, "0")
      .replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
  const inJson = character.split("").map((unit) => `\\\\u${hex(unit.charCodeAt(0), 4)}`);
  const inUrl = [...Buffer.from(character)].map((byte) => `%${hex(byte, 2)}`);
  return `(?:\\\\?\\u{${character.codePointAt(0)?.toString(16)}}|${inJson.join("")}|${inUrl.join("")})`;
}

function expressionFor(secrets: readonly string[]): RegExp {
  return new RegExp(secrets.map((secret) => Array.from(secret, formsOf).join("")).join("|"), "gu");
}

/** Blanks credentials in a text. */
export type Blank = (text: string) => string;

/**
 * Blanks the credentials of a request, or of all those that it became: a server may echo what it was sent. The credentials are looked for at once and the request is not held,
 * since an answer can outlive it by far.
 */
export function blankerOf(...sent: readonly SentRequest[]): Blank {
  const secrets = sent.flatMap(secretsOf).sort((one, other) => other.length - one.length); // one may hold another
  if (secrets.length === 0) return (text) => text;
  let expression: RegExp | undefined; // made when there is something to blank, which is seldom
  return (text) => {
    expression ??= expressionFor(secrets);
    return text.replace(expression, "[redacted]");
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
