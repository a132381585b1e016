import { unescape as percentDecode } from "node:querystring";

/** The parts of a request that can contain credentials. */
export interface SentRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Further values in it that are credentials, whatever the name of their header. */
  readonly secrets?: readonly string[] | undefined;
}

// The last names are those of gateways: `subscription-key`, and `code` and `sig` in a query.
const CREDENTIAL_NAME = /authorization|cookie|token|secret|password|api-?key|credential|\b(key|code|sig|signature)$/i;

/** Whether a header of this name can hold a credential. */
export function isCredentialName(name: string): boolean {
  return CREDENTIAL_NAME.test(name);
}

/** A shorter value may be an ordinary word: blanking it would destroy texts, and the gaps would reveal it. */
export const SHORTEST_SECRET = 6;

/** The values in a request's headers and URL that no error and no log line may show. */
export function secretsOf({ url, headers, secrets: given = [] }: SentRequest): string[] {
  const secrets: string[] = [...given];
  for (const [name, value] of Object.entries(headers)) {
    if (/authorization/i.test(name)) secrets.push(...secretsInAuthorization(value));
    else if (CREDENTIAL_NAME.test(name)) secrets.push(value, ...(/^cookie$/i.test(name) ? cookieValues(value) : []));
  }
  if (/[?@]/.test(url) && URL.canParse(url)) {
    const { searchParams, username, password } = new URL(url);
    for (const [name, value] of searchParams) {
      if (CREDENTIAL_NAME.test(name)) secrets.push(value);
    }
    secrets.push(percentDecode(password || username));
  }
  return secrets.filter(({ length }) => length >= SHORTEST_SECRET);
}

/** A server may repeat one of several cookies. */
function cookieValues(value: string): string[] {
  return value.split(";").map((pair) => pair.slice(pair.indexOf("=") + 1).trim());
}

/** The part after the scheme; for Basic also the password, or the user name if it is a key; for other schemes each parameter. */
function secretsInAuthorization(value: string): string[] {
  const [, scheme = "", credentials = value] = /^([a-z][\w-]*) +(.*)$/i.exec(value) ?? [];
  if (scheme.toLowerCase() !== "basic") return [credentials, ...parameterValues(credentials)];
  const pair = Buffer.from(credentials, "base64").toString();
  const colon = pair.indexOf(":");
  return [credentials, pair.slice(colon + 1) || pair.slice(0, colon)];
}

/** Parameters that describe the request, and that messages contain too (RFC 7616, AWS Signature Version 4). */
const NO_SECRET: ReadonlySet<string> = new Set(["realm", "uri", "algorithm", "qop", "nc", "charset", "signedheaders"]);

/** For schemes with parameters, such as Digest: the value of each, quoted or not. */
function parameterValues(credentials: string): string[] {
  return [...credentials.matchAll(/([\w-]+) *= *(?:"((?:[^"\\]|\\.)*)"|([^\s",;]+))/g)]
    .filter(([, name = ""]) => !NO_SECRET.has(name.toLowerCase()))
    .map(([, , quoted, bare = ""]) => quoted ?? bare);
}
