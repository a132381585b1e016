import { type CarrierChoice, type Logger, openaiProvider, providerLimits } from "../index.ts";
import { choice, headers, type Option, text, toggle, type ValuesOf, wholeNumber } from "./options.ts";

export const DEFAULT_MODEL = "gpt-5-mini";

/** What holds where the command line names no number. */
export const defaults = providerLimits(openaiProvider({ env: {} }));

/** Options that several commands have: where calls go, with whose credentials, and in what time. */
export const serviceOptions = {
  baseUrl: text("URL", "default OPENAI_BASE_URL, else the provider's"),
  provider: choice("NAME", ["openai", "chatgpt", "azure", "ollama", "lmstudio", "xai", "vercel", "openrouter"]),
  auth: choice("KIND", ["codex", "none"], ": the Codex CLI's login, or no credentials"),
  apiKeyEnv: text("NAME", "variable that holds the key; default OPENAI_API_KEY"),
  header: headers("a further header; may be repeated"),
  clientVersion: text("VERSION", "sent as the version header, and in the user agent"),
  connectTimeoutMs: wholeNumber(`longest wait for a connection; default ${defaults.connectTimeoutMs}`),
};

/** @param what - What is waited for. */
export function idleTimeoutOption(what: string): Option<number | undefined> {
  return wholeNumber(`longest wait for ${what}; default ${defaults.streamIdleTimeoutMs}`);
}

/** Of the commands that send a request again where it failed. */
export const maxRetriesOption = wholeNumber(`further tries after a failed one; default ${defaults.retry.maxRetries}`);

/** Of the commands that print events. */
export const eventsOption = toggle('one event a line; after a failure the last line is {"type":"error",…}');

export const compressionOption = choice("CODING", ["zstd", "gzip", "auto", "none"]);

/** Of the commands that ask for responses. */
export const responseOptions = {
  conversationId: text("ID", "sent as session id and cache key"),
  compression: { ...compressionOption, help: `${compressionOption.help}; of HTTP bodies` },
  idleTimeoutMs: idleTimeoutOption("the next event"),
};

export function carrierOption(byDefault: CarrierChoice): Option<CarrierChoice | undefined> {
  const more = `; auto: a WebSocket where the provider has them and one opens, else HTTP; default ${byDefault}`;
  return choice("KIND", ["http", "websocket", "auto"], more);
}

/** What a command that calls the API takes in any case. */
export const commonOptions = {
  ...serviceOptions,
  ...responseOptions,
  maxRetries: maxRetriesOption,
  carrier: carrierOption("http"),
  model: text("MODEL", `default ${DEFAULT_MODEL}`),
  json: eventsOption,
};

/** Says of a choice that it has no effect. */
export function noteResponseOptions(
  { carrier, compression }: { readonly carrier: CarrierChoice | undefined; readonly compression: string | undefined },
  logger: Logger,
): void {
  if (carrier !== "websocket" || compression === undefined) return;
  logger.warn({}, "--compression is of HTTP bodies; a WebSocket compresses its messages by itself");
}

export type ProviderName = NonNullable<ServiceChoice["provider"]>;

/** What of a command line makes a provider and its credentials. */
export type ServiceChoice = Partial<ValuesOf<typeof serviceOptions & typeof responseOptions>> & {
  readonly maxRetries?: number | undefined;
};
