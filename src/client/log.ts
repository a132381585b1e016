/** Where log lines go. `console` and a pino instance both fit; pino's own shape (`fields`, then message) is used. */
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
