import { homedir } from "node:os";
import { join } from "node:path";
import type { Environment } from "../client/environment.ts";
import { BuildError } from "../client/failure/kinds.ts";
import { FileError, readWhole, readWholeSync } from "../client/files/index.ts";
import { knownOptions } from "../client/options.ts";
import type { AuthProvider, Credentials } from "./auth.ts";
import { isJsonObject, parseObject } from "./wire/json.ts";

export interface CodexAuthOptions {
  /** Path of the file. @default `auth.json` in `$CODEX_HOME`, else in `~/.codex` */
  readonly path?: string | undefined;
  /** Environment variables. @default `process.env` */
  readonly env?: Environment | undefined;
}

const OPTIONS = knownOptions<CodexAuthOptions>("the options of codexAuth", { path: true, env: true });

/** `mode` tells which service the credential is for: an API key for the OpenAI API, a ChatGPT login for the ChatGPT backend. */
export interface CodexAuth extends AuthProvider {
  readonly mode: "api_key" | "chatgpt";
  bearerToken(): string;
  accountId(): string | undefined;
  onUnauthorized(refused: Pick<Credentials, "bearerToken">): Promise<boolean>;
}

/**
 * Uses the login of the Codex CLI: reads its `auth.json` and never writes it. An API key in the file takes precedence over the ChatGPT
 * tokens, as in the CLI. The file is read at once, and again after a 401, because the CLI refreshes the tokens in it.
 *
 * @throws {@link BuildError} The file is missing, unreadable, not a regular file, larger than 1 MiB, not JSON, or contains no credential;
 *   the message contains the path.
 */
export function codexAuth(options: CodexAuthOptions = {}): CodexAuth {
  OPTIONS(options);
  const path = options.path ?? join(codexHome(options.env ?? process.env), "auth.json");
  let credentials = readNow(path);
  return {
    mode: credentials.mode,
    bearerToken: () => credentials.token,
    accountId: () => credentials.accountId,
    async onUnauthorized(refused) {
      const stored = await readAgain(path);
      // A conversation must not continue with another account's token, and an API key must not be sent to the ChatGPT backend.
      if (stored.mode !== credentials.mode || stored.accountId !== credentials.accountId) return false;
      credentials = stored;
      return stored.token !== refused.bearerToken;
    },
  };
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
  const apiKey = filled(file.OPENAI_API_KEY);
  if (apiKey) return { mode: "api_key", token: apiKey, accountId: undefined };
  const tokens = isJsonObject(file.tokens) ? file.tokens : {};
  const accessToken = filled(tokens.access_token);
  if (!accessToken) {
    throw new BuildError(
      `${path} holds neither OPENAI_API_KEY nor tokens.access_token; log in again with \`codex login\``,
    );
  }
  return { mode: "chatgpt", token: accessToken, accountId: filled(tokens.account_id) };
}

/** A text that is not blank, trimmed. */
function filled(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}
