import type { CommandDescription } from "../description.ts";
import { type OptionTable, optionName } from "../options.ts";
import { explained, hanging, wrapped } from "./layout.ts";

/** Width used if that of the window is unknown. */
const USUAL_COLUMNS = 100;

/** The explanation of a command, from its tables. */
export function helpOf(description: CommandDescription, columns = USUAL_COLUMNS): string {
  const { about, options, examples = [], actions } = description;
  const parts = [[usageOf(description)], wrapped(about.replaceAll("\n", " "), columns)];
  if (actions) {
    const rows = [...actions].map(([name, { description: each }]) => [name, each.about] as const);
    parts.push(
      explained(rows, columns),
      wrapped(`codex-wire ${description.name} ACTION --help explains one.`, columns),
    );
  } else parts.push(explained(optionRows(options), columns));
  if (examples.length > 0)
    parts.push(["examples:", ...examples.flatMap(([line, what]) => [...hanging("  # ", what, columns), `  ${line}`])]);
  return `${parts.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

/** The first line. */
export function usageOf({ name, argument, isArgumentOptional, needs, actions }: CommandDescription): string {
  if (actions) return `usage: codex-wire ${name} ACTION ${argument} [OPTIONS]`;
  const word = argument && isArgumentOptional ? `[${argument}]` : argument;
  return ["usage: codex-wire", name, needs, word, "[OPTIONS]"].filter(Boolean).join(" ");
}

/** Each option as it is written, with its explanation. */
export function optionRows(options: OptionTable): (readonly [written: string, meaning: string])[] {
  return Object.entries(options).map(([key, { placeholder, short, help }]) => {
    const names = [short === undefined ? undefined : `-${short},`, `--${optionName(key)}`, placeholder];
    return [names.filter(Boolean).join(" "), help];
  });
}
