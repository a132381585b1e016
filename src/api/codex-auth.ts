import { homedir } from "node:os";
import { join } from "node:path";
import type { Environment } from "../client/environment.ts";
import { BuildError } from "../client/failure/kinds.ts";
import { FileError, readWhole, readWholeSync } from "../client/files/index.ts";
import { knownOptions } from "../client/options.ts";
import { isThisMachine } from "../client/route/index.ts";
import type { AuthProvider, Credentials } from "./auth.ts";
import { isOpenaiHost } from "./provider.ts";
import { objectOf, parseObject, trimmed } from "./wire/json.ts";

export interface CodexAuthOptions {
  /** Path of the file. @default `auth.json` in `$CODEX_HOME`, else in `~/.codex` */
  readonly path?: string | undefined;
  /** Environment variables. @default `process.env` */
  readonly env?: Environment | undefined;
  /**
   * Hosts that may get the login too, e.g. `["gateway.example"]`, for a gateway that accepts it.
   * @default none but OpenAI's own (`openai.com`, `chatgpt.com` and below) and this machine
   */
  readonly alsoSendTo?: readonly string[] | undefined;
}

const OPTIONS = knownOptions<CodexAuthOptions>("the options of codexAuth", {
  path: true,
  env: true,
  alsoSendTo: true,
});

/** `mode` tells which service the credential is for: an API key for the OpenAI API, a ChatGPT login for the ChatGPT backend. */
export interface CodexAuth extends AuthProvider {
  readonly mode: "api_key" | "chatgpt";
  bearerToken(): string;
  accountId(): string | undefined;
  checkBaseUrl(baseUrl: string): void;
  onUnauthorized(refused: Pick<Credentials, "bearerToken">): Promise<boolean>;
}

/**
 * Uses the login of the Codex CLI: reads its `auth.json` and never writes it. An API key in the file takes precedence over the ChatGPT
 * tokens, as in the CLI. The file is read at once, and again after a 401, because the CLI refreshes the tokens in it.
 *
 * It is only for OpenAI: a client of a provider whose base URL is elsewhere cannot be made with it, except on this machine and for the hosts
 * in `alsoSendTo` (parity: `auth/login-stays-home`).
 *
 * @throws {@link BuildError} A name in `alsoSendTo` is not a host. The file is missing, unreadable, not a regular file, larger than 1 MiB,
 *   not JSON, or contains no credential; the message contains the path.
 */
export function codexAuth(options: CodexAuthOptions = {}): CodexAuth {
  OPTIONS(options);
  const { alsoSendTo = [] } = options;
  checkHosts(alsoSendTo);
  const path = options.path ?? join(codexHome(options.env ?? process.env), "auth.json");
  let credentials = readNow(path);
  return {
    mode: credentials.mode,
    bearerToken: () => credentials.token,
    accountId: () => credentials.accountId,
    checkBaseUrl(baseUrl) {
      const host = hostIn(baseUrl);
      if (isOpenaiHost(baseUrl) || isThisMachine(host) || alsoSendTo.some((each) => each.toLowerCase() === host))
        return;
      throw new BuildError(
        `the login of the Codex CLI belongs to OpenAI and is not sent to ${host}, the host of the base URL; give that service's own key, with apiKeyAuth(key), or, if it is to get the login, codexAuth({ alsoSendTo: [${JSON.stringify(host)}] })`,
      );
    },
    async onUnauthorized(refused) {
      const stored = await readAgain(path);
      // A conversation must not continue with another account's token, and an API key must not be sent to the ChatGPT backend.
      if (stored.mode !== credentials.mode || stored.accountId !== credentials.accountId) return false;
      credentials = stored;
      return stored.token !== refused.bearerToken;
    },
  };
}

function checkHosts(names: readonly string[]): void {
  if (!Array.isArray(names)) throw new BuildError("alsoSendTo of codexAuth must be a list of hosts");
  for (const name of names) {
    if (typeof name === "string" && name !== "" && hostIn(`https://${name}`) === name.toLowerCase()) continue;
    throw new BuildError(
      `alsoSendTo of codexAuth takes hosts like "gateway.example", without scheme, port and path; got ${JSON.stringify(name)}`,
    );
  }
}

/** An empty text if it is not a URL; such a base URL is refused elsewhere. */
function hostIn(url: string): string {
  return URL.canParse(url.trim()) ? new URL(url.trim()).hostname : "";
}

interface StoredCredentials {
  readonly mode: "api_key" | "chatgpt";
  readonly token: string;
  readonly accountId: string | undefined;
}

function codexHome(env: Environment): string {
  return env.CODEX_HOME?.trim() ? env.CODEX_HOME : join(homedir(), ".codex");
}

/** A login takes a few kilobytes. */
const MAX_BYTES = 1024 * 1024;

// Synchronous, because the kind of login decides which service is used, and callers want to know that without waiting.
function readNow(path: string): StoredCredentials {
  try {
    return credentialsIn(readWholeSync(path, MAX_BYTES), path);
  } catch (error) {
    throw unreadable(error, path);
  }
}

async function readAgain(path: string): Promise<StoredCredentials> {
  try {
    return credentialsIn(await readWhole(path, { maxBytes: MAX_BYTES }), path);
  } catch (error) {
    throw unreadable(error, path);
  }
}

function unreadable(error: unknown, path: string): unknown {
  if (!(error instanceof FileError)) return error;
  const why = error.code === "ENOENT" ? "does not exist" : `cannot be read: ${error.message}`;
  return new BuildError(
    `the Codex CLI's login file ${path} ${why}; log in with \`codex login\`, set CODEX_HOME, or use an API key`,
    { cause: error },
  );
}

function credentialsIn(content: Uint8Array, path: string): StoredCredentials {
  const file = parseObject(Buffer.from(content).toString("utf8"));
  if (!file) throw new BuildError(`${path} is not a JSON object; log in again with \`codex login\``);
  const apiKey = trimmed(file.OPENAI_API_KEY);
  if (apiKey) return { mode: "api_key", token: apiKey, accountId: undefined };
  const tokens = objectOf(file.tokens) ?? {};
  const accessToken = trimmed(tokens.access_token);
  if (!accessToken) {
    throw new BuildError(
      `${path} holds neither OPENAI_API_KEY nor tokens.access_token; log in again with \`codex login\``,
    );
  }
  return { mode: "chatgpt", token: accessToken, accountId: trimmed(tokens.account_id) };
}
