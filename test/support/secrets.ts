import type { IncomingMessage } from "node:http";
import { inspect } from "node:util";
import { type AuthProvider, apiKeyAuth, type Logger, noAuth, type ProviderConfig } from "../../src/index.ts";
import { everyHook } from "./every-hook.ts";

/** Where a caller puts a secret. Each is long enough to be known for a piece of it, and has signs that texts escape. */
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

/** How a caller proves who he is; each sends secrets of its own. */
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

/** @param proxy - Where one is on the way; it wants a password. */
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

/** Everything that a server can know of a request, in the forms in which servers repeat it. */
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
  /** All that was said, wherever. */
  readonly text: string;
}

/** What the library says of a failure: the error in every form of printing, with its causes, each hook of telemetry, and the log at each level. */
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

/** Buffers print as numbers; what is in them is read all the same. */
function bytesIn(value: unknown, seen = new Set<unknown>()): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("latin1");
  if (typeof value !== "object" || value === null || seen.has(value)) return "";
  seen.add(value);
  return Reflect.ownKeys(value)
    .map((name) => bytesIn(Object.getOwnPropertyDescriptor(value, name)?.value, seen))
    .join("");
}

/** A piece of it says enough. */
const PIECE = 13;

/** Which secrets stand in a text, in any form, whole or cut. */
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

/** As a header or a status line can carry it. */
export function printable(text: string): string {
  return text.replace(/[^ -~]/g, "").slice(0, 6000);
}
