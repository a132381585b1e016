import { object } from "../options.ts";

/**
 * Where log lines go. The interface is pino's: fields, then the message. `console` works too; it gets the message with its fields in
 * brackets. Errors that a logger throws are ignored.
 */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

/** Values that are safe to print: they never contain a credential or a prompt. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The default: nothing is logged. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** `logger`, with its errors ignored; without one, nothing is logged. A console gets readable lines. */
export function steadyLogger(logger: Logger | undefined): Logger {
  if (!logger) return silentLogger;
  if (typeof logger !== "function") object("logger", logger, "an object with debug, info, warn and error");
  const isConsole = "table" in logger && "groupEnd" in logger;
  const at = (level: keyof Logger) => (fields: LogFields, message: string) =>
    callQuietly(() => {
      if (!isConsole) return logger[level](fields, message);
      return (logger[level] as unknown as (line: string) => void).call(logger, readableLine(fields, message));
    });
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** `codex-wire: the request is sent again (layer request, retry 1)`. */
function readableLine(fields: LogFields, message: string): string {
  const told = Object.entries(fields).filter(([, value]) => value !== undefined);
  const details = told.map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`);
  return `codex-wire: ${message}${details.length === 0 ? "" : ` (${details.join(", ")})`}`;
}

/** Calls an observer. Errors that it throws, now or later, must not affect the observed work. */
export function callQuietly(call: () => unknown): void {
  try {
    const result = call();
    if (result instanceof Promise) result.catch(() => {});
  } catch {
    // A broken metric or a full disk must not break a response.
  }
}
