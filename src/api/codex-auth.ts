import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Environment } from "../client/environment.ts";
import { BuildError } from "../client/failure/kinds.ts";
import type { AuthProvider, Credentials } from "./auth.ts";

export interface CodexAuthOptions {
  /** The file itself; default `auth.json` under `$CODEX_HOME`, else under `~/.codex`. */
  readonly path?: string | undefined;
  readonly env?: Environment | undefined;
}

/** `mode` tells which service the credential is for: an API key for the OpenAI API, a ChatGPT login for the ChatGPT backend. */
export interface CodexAuth extends AuthProvider {
  readonly mode: "api_key" | "chatgpt";
  bearerToken(): string;
  accountId(): string | undefined;
  onUnauthorized(refused: Pick<Credentials, "bearerToken">): boolean;
}

/**
 * Uses the login of the Codex CLI: reads its `auth.json` and never writes it. An API key stored there wins over the ChatGPT tokens,
 * as in the CLI. The file is read again after a 401, because the CLI refreshes the tokens in it.
 *
 * @throws {@link BuildError} The file is absent, unreadable, not JSON, or holds no credential; the message names the path.
 */
export function codexAuth(options: CodexAuthOptions = {}): CodexAuth {
  const path = options.path ?? join(codexHome(options.env ?? process.env), "auth.json");
  let credentials = readCredentials(path);
  return {
    mode: credentials.mode,
    bearerToken: () => credentials.token,
    accountId: () => credentials.accountId,
    onUnauthorized(refused) {
      const stored = readCredentials(path);
      // Another account's token must not go on with this one's conversation, nor an API key to the ChatGPT backend.
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

function readCredentials(path: string): StoredCredentials {
  const file = parse(readText(path), path);
  const apiKey = text(file.OPENAI_API_KEY);
  if (apiKey) return { mode: "api_key", token: apiKey, accountId: undefined };
  const tokens = isObject(file.tokens) ? file.tokens : {};
  const accessToken = text(tokens.access_token);
  if (!accessToken) {
    throw new BuildError(
      `${path} holds neither OPENAI_API_KEY nor tokens.access_token; log in again with \`codex login\``,
    );
  }
  return { mode: "chatgpt", token: accessToken, accountId: text(tokens.account_id) };
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const why = code === "ENOENT" ? "does not exist" : `cannot be read (${code ?? String(cause)})`;
    throw new BuildError(
      `the Codex CLI's login file ${path} ${why}; log in with \`codex login\`, set CODEX_HOME, or use an API key`,
      { cause },
    );
  }
}

function parse(content: string, path: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(content);
  } catch {
    // The parser's own message quotes the text, which is a credential.
    throw new BuildError(`${path} is not JSON; log in again with \`codex login\``);
  }
  if (!isObject(parsed)) throw new BuildError(`${path} is not a JSON object; log in again with \`codex login\``);
  return parsed;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}
