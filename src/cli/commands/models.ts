import { type ModelInfo, type ModelsList, version as packageVersion } from "../../index.ts";
import { commonOptions } from "../call-options.ts";
import { defineCommand } from "../command.ts";
import { text, wholeNumber } from "../options.ts";
import { callOnce, unaryOptions } from "../unary-command.ts";

/** The list only helps to choose; who waits for it waits for everything else. */
const DEFAULT_TIMEOUT_MS = 5_000;

/** `codex-wire models`: the models as a table, the service's preference first. */
export const models = defineCommand({
  name: "models",
  about:
    "Lists the models: slug, name, context window in tokens, reasoning efforts (the default one with a *) and visibility.",
  commonOptions,
  options: {
    ...unaryOptions,
    idleTimeoutMs: wholeNumber(`longest wait for the list, further tries included; default ${DEFAULT_TIMEOUT_MS}`),
    clientVersion: text("VERSION", `the client to list models for, and the version header; default ${packageVersion}`),
  },
  async run({ values, logger, signal }) {
    const { idleTimeoutMs: timeoutMs = DEFAULT_TIMEOUT_MS } = values;
    await callOnce({
      values,
      logger,
      send: (api) => api.models.list({ timeoutMs, signal }),
      print: modelsTable,
    });
  },
});

/** Columns as wide as their widest cell; numbers to the right. */
export function modelsTable({ models }: Pick<ModelsList, "models">): string {
  const sorted = [...models].sort((one, other) => one.priority - other.priority);
  const rows = [["SLUG", "NAME", "CONTEXT", "EFFORTS", "VISIBILITY"], ...sorted.map(cellsOf)];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => pad(cell, column, widths))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

const CONTEXT_COLUMN = 2;

function pad(cell: string, column: number, widths: readonly number[]): string {
  const width = widths[column] ?? 0;
  return column === CONTEXT_COLUMN ? cell.padStart(width) : cell.padEnd(width);
}

function cellsOf(model: ModelInfo): string[] {
  const efforts = model.supported_reasoning_levels.map(({ effort }) =>
    effort === model.default_reasoning_level ? `${effort}*` : effort,
  );
  const contextWindow = model.context_window ?? undefined;
  return [
    model.slug,
    model.display_name,
    contextWindow === undefined ? "-" : contextWindow.toLocaleString("en-US"),
    efforts.join(" ") || "-",
    model.visibility,
  ];
}
