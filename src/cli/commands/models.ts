import { type ModelInfo, type ModelsList, version as packageVersion } from "../../index.ts";
import { commonOptions } from "../call-options.ts";
import { defineCommand } from "../command.ts";
import { text, wholeNumber } from "../options.ts";
import { hanging } from "../terminal/layout.ts";
import { columnsOf } from "../terminal/window.ts";
import { callOnce, unaryOptions } from "../unary-command.ts";

/** The list only helps to choose a model; a program that waits for it cannot start. */
const DEFAULT_TIMEOUT_MS = 5_000;

/** `codex-wire models`: the models as a table, in the service's order of preference. */
export const models = defineCommand({
  name: "models",
  about:
    "Lists the models: slug, name, context window in tokens, reasoning efforts (the default one with a *) and visibility.",
  commonOptions,
  examples: [
    ["codex-wire models --auth codex", "what the Codex CLI's login may use"],
    ["codex-wire models --provider ollama", "what is installed here"],
  ],
  options: {
    ...unaryOptions,
    idleTimeoutMs: wholeNumber(`longest wait for the list, retries included; default ${DEFAULT_TIMEOUT_MS}`),
    clientVersion: text("VERSION", `the client to list models for, and the version header; default ${packageVersion}`),
  },
  async run({ values, logger, signal }) {
    const { idleTimeoutMs: timeoutMs = DEFAULT_TIMEOUT_MS } = values;
    await callOnce({
      values,
      logger,
      send: (api) => api.models.list({ timeoutMs, signal }),
      print: (list) => modelsTable(list, columnsOf(process.stdout)),
    });
  },
});

/** Columns as wide as their widest cell, numbers right-aligned; if that is wider than the terminal, a paragraph per model. */
export function modelsTable({ models }: Pick<ModelsList, "models">, columns?: number): string {
  const sorted = [...models].sort((one, other) => one.priority - other.priority);
  const rows = [TITLES, ...sorted.map(cellsOf)];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  if (columns !== undefined && widths.reduce((sum, width) => sum + 2 + width, -2) > columns)
    return sorted.map((model) => paragraphOf(cellsOf(model), columns)).join("\n");
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

const TITLES = ["SLUG", "NAME", "CONTEXT", "EFFORTS", "VISIBILITY"];
const CONTEXT_COLUMN = 2;

function paragraphOf([slug = "", ...cells]: readonly string[], columns: number): string {
  const facts = cells.flatMap((cell, index) => hanging(`  ${TITLES[index + 1]?.toLowerCase()}: `, cell, columns));
  return `${[slug, ...facts].join("\n")}\n`;
}

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
