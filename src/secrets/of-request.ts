import { unescape as percentDecode } from "node:querystring";

/** A request as far as it can hold credentials. */
export interface SentRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Further values in it that are credentials, whatever their header is called. */
  readonly secrets?: readonly string[] | undefined;
}

// The last names are those of gateways: `subscription-key`, and `code` and `sig` in a query.
const CREDENTIAL_NAME = /authorization|cookie|token|secret|password|api-?key|credential|\b(key|code|sig|signature)$/i;
/** A shorter one may be a common word: blanking it would tear every text apart, and the gaps would tell what it is. */
export const SHORTEST_SECRET = 6;

/** The values in a request's headers and URL that no error and no log line may show. */
export function secretsOf({ url, headers, secrets: given = [] }: SentRequest): string[] {
  const secrets: string[] = [...given];
  for (const [name, value] of Object.entries(headers)) {
    if (/authorization/i.test(name)) secrets.push(...secretsInAuthorization(value));
    else if (CREDENTIAL_NAME.test(name)) secrets.push(value, ...(/^cookie$/i.test(name) ? cookieValues(value) : []));
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

/** A server may repeat one cookie of many. */
function cookieValues(value: string): string[] {
  return value.split(";").map((pair) => pair.slice(pair.indexOf("=") + 1).trim());
}

/** What follows the scheme; of a Basic pair the password too, or the user name that stands for a key; of other schemes each parameter. */
function secretsInAuthorization(value: string): string[] {
  const [, scheme = "", credentials = value] = /^([a-z][\w-]*) +(.*)$/i.exec(value) ?? [];
  if (scheme.toLowerCase() !== "basic") return [credentials, ...parameterValues(credentials)];
  const pair = Buffer.from(credentials, "base64").toString();
  const colon = pair.indexOf(":");
  return [credentials, pair.slice(colon + 1) || pair.slice(0, colon)];
}

/** Parameters that name what is asked for, or how, and that messages name too (RFC 7616, AWS Signature Version 4). */
const NO_SECRET: ReadonlySet<string> = new Set(["realm", "uri", "algorithm", "qop", "nc", "charset", "signedheaders"]);

/** Of schemes with parameters, such as Digest: what stands behind each name, in quotes or not. */
function parameterValues(credentials: string): string[] {
  return [...credentials.matchAll(/([\w-]+) *= *(?:"((?:[^"\\]|\\.)*)"|([^\s",;]+))/g)]
    .filter(([, name = ""]) => !NO_SECRET.has(name.toLowerCase()))
    .map(([, , quoted, bare = ""]) => quoted ?? bare);
}
