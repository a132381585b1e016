/**
 * Where log lines go. pino's own shape is used: fields, then the message. `console` fits too, and gets the message with its fields in brackets.
 * What a logger throws is ignored.
 */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

/** Values safe to print: no credential and no prompt is ever among them. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The default: nothing is logged. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** `logger`, whose failures stay its own; without one, silence. A console gets lines for people. */
export function steadyLogger(logger: Logger | undefined): Logger {
  if (!logger) return silentLogger;
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

/** Calls an observer: what it throws, at once or later, must not reach the work that it watches. */
export function callQuietly(call: () => unknown): void {
  try {
    const result = call();
    if (result instanceof Promise) result.catch(() => {});
  } catch {
    // A broken metric or a full disk must not break a response.
  }
}
