import {
  type AuthProvider,
  apiKeyAuth,
  CodexApi,
  type CodexApiOptions,
  codexAuth,
  type Logger,
  noAuth,
  type ProviderConfig,
} from "../../index.ts";
import type { ServiceChoice } from "../call-options.ts";
import { UsageError } from "../failure.ts";
import { say } from "../output.ts";
import { addressOf, checkNamedKey, hostOf, keyVariable, needsOtherKey, nonBlank } from "./keys.ts";
import { type ProviderName, providers } from "./providers.ts";

/** What a command's calls use; `close` ends it, and everything that was started for it. */
export interface Connection {
  readonly api: CodexApi;
  close(): Promise<void>;
}

/**
 * Decides where calls go: `--base-url`, else `OPENAI_BASE_URL`, else the provider's address. Without the first two and without a key for
 * OpenAI or ChatGPT, calls go to an emulator in this process.
 *
 * @throws {@link UsageError} There is no key for another company, or a key or the login is for another one.
 */
export async function openConnection(choice: ServiceChoice, logger: Logger): Promise<Connection> {
  const auth = chooseAuth(choice);
  const { url: baseUrl } = addressOf(choice);
  const isKeyless = hasNoKey(choice, auth);
  if (isKeyless && baseUrl === undefined && isEmulated(choice, auth)) return openEmulator(choice, logger);
  const provider = chooseProvider(choice, baseUrl, auth);
  checkLogin(choice, auth, provider);
  if (isKeyless && choice.auth !== "none" && needsOtherKey(choice)) throw noKey(choice, "");
  const api = openApi(choice, { provider, auth: auth ?? noAuth(), logger });
  return { api, close: () => api.close() };
}

/**
 * The same for a command that needs a real service and never the emulator.
 *
 * @param key - Replaces the environment's.
 * @throws {@link UsageError} There is no key, although the service needs one, or a key or the login is for another company.
 */
export function chooseService(choice: ServiceChoice, key?: string): { provider: ProviderConfig; auth: AuthProvider } {
  if (key !== undefined && (choice.auth !== undefined || choice.apiKeyEnv !== undefined))
    throw new UsageError("give --key-stdin, --auth or --api-key-env, and not two of them");
  if (key !== undefined) checkNamedKey(choice);
  const auth = key === undefined ? chooseAuth(choice) : apiKeyAuth(key);
  const provider = chooseProvider(choice, addressOf(choice).url, auth);
  checkLogin(choice, auth, provider);
  if (hasNoKey(choice, auth) && choice.auth !== "none" && (isEmulated(choice, auth) || needsOtherKey(choice)))
    throw noKey(choice, "--key-stdin, ");
  return { provider, auth: auth ?? noAuth() };
}

function hasNoKey({ header }: ServiceChoice, auth: Auth | undefined): boolean {
  return auth === undefined && header?.authorization === undefined;
}

function isEmulated(choice: ServiceChoice, auth: Auth | undefined): boolean {
  return providers[providerName(choice, auth)].isEmulated ?? false;
}

/** @throws {@link UsageError} The Codex CLI's login would go to another company. */
function checkLogin(choice: ServiceChoice, auth: Auth | undefined, { baseUrl }: ProviderConfig): void {
  if (choice.auth !== "codex") return;
  try {
    auth?.checkBaseUrl?.(baseUrl);
  } catch (cause) {
    const why = addressOf(choice).from === "variable" ? " (OPENAI_BASE_URL)" : "";
    const host = hostOf(baseUrl);
    throw new UsageError(
      `--auth codex: the login belongs to OpenAI and is not sent to ${host}${why}; give that service's own key with --api-key-env NAME, or --auth-host ${host} if it is to get the login`,
      { cause },
    );
  }
}

/** @param further - Options of the command that give a key, each followed by a comma. */
function noKey(choice: ServiceChoice, further: string): UsageError {
  const login = needsOtherKey(choice) ? "" : "--auth codex, ";
  return new UsageError(
    `no key: set ${keyVariable(choice)}, or give --api-key-env NAME, ${further}${login}or --auth none if none is needed`,
  );
}

function openApi({ clientVersion }: ServiceChoice, options: CodexApiOptions): CodexApi {
  return new CodexApi({ ...options, identity: { clientVersion } });
}

async function openEmulator(choice: ServiceChoice, logger: Logger): Promise<Connection> {
  const { startEmulator } = await import("../../emulator/index.ts");
  const emulator = await startEmulator({ pace: "human" });
  say(
    "no key (OPENAI_API_KEY, --api-key-env or --auth codex) and no --base-url: this answer comes from the built-in emulator, not from a model",
  );
  try {
    // It is in this process: a proxy from the environment could not reach it.
    const provider = { ...chooseProvider(choice, emulator.url, undefined), proxy: false as const };
    const api = openApi(choice, { provider, auth: noAuth(), logger });
    const close = async (): Promise<void> => {
      await api.close();
      await emulator.close();
    };
    return { api, close };
  } catch (error) {
    await emulator.close(); // an open server would keep the process running
    throw error;
  }
}

type Auth = AuthProvider & { readonly mode?: "api_key" | "chatgpt" };

/** Undefined if there is no key. */
function chooseAuth(choice: ServiceChoice): Auth | undefined {
  const { auth, apiKeyEnv, authHost } = choice;
  if (auth !== undefined && apiKeyEnv !== undefined) throw new UsageError("give --auth or --api-key-env, not both");
  if (authHost?.length && auth !== "codex") throw new UsageError("--auth-host is for the login of --auth codex");
  if (auth === "codex") return codexAuth({ alsoSendTo: authHost });
  if (auth === "none") return undefined;
  const variable = keyVariable(choice);
  const key = variable === undefined ? undefined : nonBlank(process.env[variable]);
  if (apiKeyEnv !== undefined && key === undefined)
    throw new UsageError(`--api-key-env names ${apiKeyEnv}, which is not set`);
  if (apiKeyEnv !== undefined) checkNamedKey(choice);
  return key === undefined ? undefined : apiKeyAuth(key);
}

function providerName({ provider }: ServiceChoice, auth: Auth | undefined): ProviderName {
  return provider ?? (auth?.mode === "chatgpt" ? "chatgpt" : "openai");
}

/** The provider of the options, at `baseUrl` if one is given. */
export function chooseProvider(
  choice: ServiceChoice,
  baseUrl: string | undefined,
  auth: Auth | undefined,
): ProviderConfig {
  const { maxRetries, compression } = choice;
  return providers[providerName(choice, auth)].make({
    baseUrl,
    headers: choice.header,
    compression,
    retry: { maxRetries },
    maxStreamRetries: maxRetries,
    streamIdleTimeoutMs: choice.idleTimeoutMs,
    headersTimeoutMs: choice.idleTimeoutMs,
    connectTimeoutMs: choice.connectTimeoutMs,
  });
}
