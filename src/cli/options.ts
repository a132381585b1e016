import { type ParseArgsConfig, parseArgs } from "node:util";
import { type LogLevel, logLevels } from "./logger.ts";
import { UsageError } from "./usage-error.ts";

type OptionTable = NonNullable<ParseArgsConfig["options"]>;

/** Options that every command takes. */
const common = {
  help: { type: "boolean", short: "h" },
  json: { type: "boolean" },
  "log-level": { type: "string" },
} satisfies OptionTable;

/** Options of the commands that call the API. */
export const callOptions = {
  "base-url": { type: "string" },
  provider: { type: "string" },
  header: { type: "string", multiple: true },
  "api-key-env": { type: "string" },
  auth: { type: "string" },
  "max-retries": { type: "string" },
  "idle-timeout-ms": { type: "string" },
  "connect-timeout-ms": { type: "string" },
  "client-version": { type: "string" },
  compression: { type: "string" },
  "conversation-id": { type: "string" },
  model: { type: "string" },
} satisfies OptionTable;

/** The values of {@link callOptions}, checked. */
export interface CallOptions {
  readonly baseUrl?: string | undefined;
  readonly provider?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly apiKeyEnv?: string | undefined;
  readonly auth?: string | undefined;
  readonly maxRetries?: number | undefined;
  readonly idleTimeoutMs?: number | undefined;
  readonly connectTimeoutMs?: number | undefined;
  readonly clientVersion?: string | undefined;
  readonly compression?: "none" | "zstd" | "gzip" | "auto" | undefined;
  readonly conversationId?: string | undefined;
  readonly model?: string | undefined;
}

export interface ParsedArguments {
  readonly values: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
  readonly positionals: readonly string[];
  readonly help: boolean;
  readonly json: boolean;
  readonly logLevel: LogLevel;
}

/** @throws {@link UsageError} An unknown option, or a value where none belongs. */
export function parseArguments(args: readonly string[], options: OptionTable, command: string): ParsedArguments {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { ...common, ...options },
      allowPositionals: true,
    });
    return {
      values: values as ParsedArguments["values"],
      positionals,
      help: values.help === true,
      json: values.json === true,
      logLevel: choice("log-level", values["log-level"] as string | undefined, logLevels) ?? "warn",
    };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${(error as Error).message.split("\n", 1)[0]} (see: codex-api ${command} --help)`);
  }
}

/** @throws {@link UsageError} */
export function readCallOptions({ values }: ParsedArguments): CallOptions {
  return {
    baseUrl: text(values["base-url"]),
    provider: choice("provider", text(values.provider), ["openai", "chatgpt", "azure", "ollama", "lmstudio"]),
    headers: headerOptions(values.header as readonly string[] | undefined),
    apiKeyEnv: text(values["api-key-env"]),
    auth: choice("auth", text(values.auth), ["codex", "none"]),
    maxRetries: wholeNumber("max-retries", text(values["max-retries"])),
    idleTimeoutMs: wholeNumber("idle-timeout-ms", text(values["idle-timeout-ms"])),
    connectTimeoutMs: wholeNumber("connect-timeout-ms", text(values["connect-timeout-ms"])),
    clientVersion: text(values["client-version"]),
    compression: choice("compression", text(values.compression), ["none", "zstd", "gzip", "auto"]),
    conversationId: text(values["conversation-id"]),
    model: text(values.model),
  };
}

export function text(value: ParsedArguments["values"][string]): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function choice<Value extends string>(
  name: string,
  value: string | undefined,
  choices: readonly Value[],
): Value | undefined {
  if (value === undefined) return undefined;
  const found = choices.find((each) => each === value);
  if (found === undefined) {
    throw new UsageError(`--${name} ${JSON.stringify(value)} is none of ${choices.join(", ")}`);
  }
  return found;
}

export function wholeNumber(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d{1,12}$/.test(value))
    throw new UsageError(`--${name} takes a whole number, 0 or more; got ${JSON.stringify(value)}`);
  return Number(value);
}

function headerOptions(lines: readonly string[] | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines ?? []) {
    const colon = line.indexOf(":");
    // The value is not repeated: it may be a credential.
    if (colon < 1) throw new UsageError("--header takes 'name: value'; one of them has no colon after a name");
    headers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
  }
  return headers;
}
