import type { LogFields, Logger } from "../index.ts";

export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Log lines on standard error: level, message, then the fields as JSON. */
export function stderrLogger(level: LogLevel): Logger {
  const threshold = logLevels.indexOf(level);
  const at =
    (name: LogLevel) =>
    (fields: LogFields, message: string): void => {
      if (logLevels.indexOf(name) < threshold) return;
      const details = Object.keys(fields).length > 0 ? ` ${JSON.stringify(fields)}` : "";
      process.stderr.write(`${name}: ${message}${details}\n`);
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
