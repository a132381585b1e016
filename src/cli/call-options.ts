import { type CarrierChoice, type Logger, openaiProvider, providerLimits } from "../index.ts";
import { choice, headers, list, type Option, text, toggle, type ValuesOf, wholeNumber } from "./options.ts";
import { providerNames } from "./service/providers.ts";

export const DEFAULT_MODEL = "gpt-5-mini";

/** The values used when the command line gives no number. */
export const defaults = providerLimits(openaiProvider({ env: {} }));

/** Options of several commands: where calls go, with which credentials, and with which time-outs. */
export const serviceOptions = {
  baseUrl: text("URL", "default OPENAI_BASE_URL, else the provider's"),
  provider: choice("NAME", providerNames),
  auth: choice("KIND", ["codex", "none"], ": the Codex CLI's login, or no credentials"),
  authHost: list("HOST", "a host besides OpenAI's that may get the login of --auth codex; may be repeated"),
  apiKeyEnv: text(
    "NAME",
    "variable that holds the key; default OPENAI_API_KEY, or the variable of another company at its own address",
  ),
  header: headers("a further header; may be repeated"),
  clientVersion: text("VERSION", "sent as the version header, and in the user agent"),
  connectTimeoutMs: wholeNumber(`longest wait for a connection; default ${defaults.connectTimeoutMs}`),
};

/** @param what - What the wait is for. */
export function idleTimeoutOption(what: string): Option<number | undefined> {
  return wholeNumber(`longest wait for ${what}; default ${defaults.streamIdleTimeoutMs}`);
}

/** For commands that retry a request. */
export const maxRetriesOption = wholeNumber(`retries after a failure; default ${defaults.retry.maxRetries}`);

/** For commands that print events. */
export const eventsOption = toggle('one event a line; after a failure the last line is {"type":"error",…}');

export const compressionOption = choice("CODING", ["zstd", "gzip", "auto", "none"]);

/** For commands that request responses. */
export const responseOptions = {
  conversationId: text("ID", "sent as session id and cache key"),
  compression: { ...compressionOption, help: `${compressionOption.help}; of HTTP bodies` },
  idleTimeoutMs: idleTimeoutOption("the next event"),
};

export function carrierOption(byDefault: CarrierChoice): Option<CarrierChoice | undefined> {
  const more = `; auto: a WebSocket if the provider supports it and it opens, else HTTP; default ${byDefault}`;
  return choice("KIND", ["http", "websocket", "auto"], more);
}

/** The options of every command that calls the API. */
export const commonOptions = {
  ...serviceOptions,
  ...responseOptions,
  maxRetries: maxRetriesOption,
  carrier: carrierOption("http"),
  model: text("MODEL", `default ${DEFAULT_MODEL}`),
  json: eventsOption,
};

/** Warns about an option that has no effect. */
export function noteResponseOptions(
  { carrier, compression }: { readonly carrier: CarrierChoice | undefined; readonly compression: string | undefined },
  logger: Logger,
): void {
  if (carrier !== "websocket" || compression === undefined) return;
  logger.warn({}, "--compression is for HTTP bodies; a WebSocket compresses its messages itself");
}

/** The options that determine a provider and its credentials. */
export type ServiceChoice = Partial<ValuesOf<typeof serviceOptions & typeof responseOptions>> & {
  readonly maxRetries?: number | undefined;
};
