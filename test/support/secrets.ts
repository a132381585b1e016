import type { IncomingMessage } from "node:http";
import { inspect } from "node:util";
import { type AuthProvider, apiKeyAuth, type Logger, noAuth, type ProviderConfig } from "../../src/index.ts";
import { everyHook } from "./every-hook.ts";

/** Secrets by where a caller sets them. Each is long enough to be recognised by a part, and has characters that are escaped in texts. */
export const SECRETS = {
  key: "sk-Key+secret/1-of-the-caller",
  header: "hdr-Secret=2-of-a-gateway",
  cookie: "session-S3cret-of-a-cookie",
  otherCookie: "another/c00kie-of-the-jar",
  parameter: "prm-secret&4-in-the-query",
  digest: "6629fae49393a05397450978507c4ef1",
  bareDigest: "0a4f113b-bare-parameter",
  password: "pass%word 5 in the base URL",
} as const;
export const PROXY_PASSWORD = "prx%secret 6 of the proxy";

const EVERY = [...Object.values(SECRETS), PROXY_PASSWORD];

/** Ways to authenticate; each sends other secrets. */
export const WAYS = {
  "a key": { auth: () => apiKeyAuth(SECRETS.key), userInfo: "" },
  Digest: {
    auth: (): AuthProvider => ({
      headers: () => ({
        authorization: `Digest username="Mufasa", realm="Members only", uri="/v1", response="${SECRETS.digest}", opaque=${SECRETS.bareDigest}`,
      }),
    }),
    userInfo: "",
  },
  "a password in the base URL": { auth: () => noAuth(), userInfo: `user:${encodeURIComponent(SECRETS.password)}@` },
} as const;
export type Way = keyof typeof WAYS;

/** @param proxy - URL of a proxy that requires a password. */
export function providerOf(base: string, way: Way, proxy?: { readonly scheme: string; readonly host: string }) {
  const provider: ProviderConfig = {
    name: "secrets",
    baseUrl: `${base.replace("://", `://${WAYS[way].userInfo}`)}/v1`,
    headers: { "x-api-key": SECRETS.header, cookie: `theme=dark; sid=${SECRETS.cookie}; jar=${SECRETS.otherCookie}` },
    queryParams: { code: SECRETS.parameter },
    proxy: proxy ? `${proxy.scheme}://user:${encodeURIComponent(PROXY_PASSWORD)}@${proxy.host}` : false,
    retry: { maxRetries: 1, baseDelayMs: 1 },
    maxStreamRetries: 1,
    streamIdleTimeoutMs: 500,
    headersTimeoutMs: 1_000,
  };
  return provider;
}

/** Everything that a server knows about a request, in the forms in which servers repeat it. */
export function knownTo({
  rawHeaders,
  headers,
  url = "",
}: Pick<IncomingMessage, "rawHeaders" | "headers" | "url">): string {
  const pairs = rawHeaders
    .filter((value) => /^basic /i.test(value))
    .map((value) => Buffer.from(value.slice(6), "base64").toString());
  const cookies = (headers.cookie ?? "").split("; ").map((pair) => pair.slice(pair.indexOf("=") + 1));
  const parameters = [...(headers.authorization ?? "").matchAll(/=("[^"]+"|[^ ,]+)/g)].map(([, value]) => value);
  const raw = [...cookies, ...parameters, url, decodeURIComponent(url), ...rawHeaders, ...pairs].join(" | ");
  const cut = EVERY.filter((secret) => raw.includes(secret)).map((secret) => `${secret.slice(0, 20)}… is wrong`);
  return `${raw} ${cut.join(", ")} ${JSON.stringify(raw)} ${encodeURIComponent(raw)}`;
}

export interface Said {
  readonly error: Error;
  /** Everything that was printed, anywhere. */
  readonly text: string;
}

/**
 * Everything that the library prints about a failure: the error in all forms, with its causes, each telemetry hook, and the log at each
 * level.
 */
export async function saidOf(
  use: (options: object) => Promise<unknown>,
  provider: ProviderConfig,
  way: Way,
): Promise<Said> {
  const said: unknown[] = [];
  const note = (...words: unknown[]): void => void said.push(...words);
  const logger: Logger = { debug: note, info: note, warn: note, error: note };
  const telemetry = everyHook(() => note);
  const options = { provider, auth: WAYS[way].auth(), env: {}, logger, telemetry };
  const error = await use(options).then(
    () => new Error("nothing failed"),
    (failure: Error) => failure,
  );
  for (let each: unknown = error; each instanceof Error; each = each.cause)
    said.push(each, each.message, each.stack, JSON.stringify(each), String(each));
  const text = said
    .map((each) =>
      typeof each === "string"
        ? each
        : inspect(each, { depth: 10, showHidden: true, maxStringLength: null, maxArrayLength: null }),
    )
    .join("\n");
  return { error, text: `${text}\n${bytesIn(said)}` };
}

/** Buffers are printed as numbers, so their content is added as text. */
function bytesIn(value: unknown, seen = new Set<unknown>()): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("latin1");
  if (typeof value !== "object" || value === null || seen.has(value)) return "";
  seen.add(value);
  return Reflect.ownKeys(value)
    .map((name) => bytesIn(Object.getOwnPropertyDescriptor(value, name)?.value, seen))
    .join("");
}

/** A part of this length reveals the secret. */
const PIECE = 13;

/** The secrets that a text contains, in any form, whole or in part. */
export function leaksIn(text: string): string[] {
  return EVERY.filter((secret) =>
    [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
      Buffer.from(secret).toString("base64"),
    ].some((form) => text.includes(form.slice(0, PIECE))),
  );
}

/** The text as a header or a status line can contain it. */
export function printable(text: string): string {
  return text.replace(/[^ -~]/g, "").slice(0, 6000);
}
