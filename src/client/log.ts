/**
 * Where log lines go. `console` and a pino instance both fit; pino's own shape (`fields`, then message) is used. What a logger throws is
 * ignored.
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

/** `logger`, whose failures stay its own; without one, silence. */
export function steadyLogger(logger: Logger | undefined): Logger {
  if (!logger) return silentLogger;
  const at = (level: keyof Logger) => (fields: LogFields, message: string) =>
    callQuietly(() => logger[level](fields, message));
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
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
