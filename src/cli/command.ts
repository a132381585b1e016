import { type ParseArgsConfig, parseArgs } from "node:util";
import { nearestName } from "../client/index.ts";
import { type Logger, version as packageVersion } from "../index.ts";
import type { Command, CommandDescription } from "./description.ts";
import { UsageError } from "./failure.ts";
import { logLevels, stderrLogger } from "./logger.ts";
import { choice, type Option, type OptionTable, optionName, toggle, type ValuesOf } from "./options.ts";
import { output } from "./output.ts";
import { helpOf } from "./terminal/help.ts";
import { columnsOf } from "./terminal/window.ts";

export interface CommandDefinition<Table extends OptionTable> extends Omit<CommandDescription, "actions"> {
  readonly options: Table;
  /**
   * Further options that the command accepts without effect, with a warning: a script may pass them to every command that calls the API.
   */
  readonly commonOptions?: OptionTable;
  run(invocation: Invocation<Table>): Promise<void>;
}

export interface Invocation<Table extends OptionTable> {
  readonly argument: string | undefined;
  readonly values: ValuesOf<Table>;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Options that every command takes. */
const ofEveryCommand = {
  logLevel: choice("LEVEL", logLevels, "; default warn"),
  help: toggle("explains the command", "h"),
  version: toggle("prints the version", "v"),
};

/** Builds the parser, the checked values and the help from one table. */
export function defineCommand<Table extends OptionTable>(definition: CommandDefinition<Table>): Command {
  const { name, run } = definition;
  const options = { ...definition.options, ...ofEveryCommand };
  const description = { ...definition, options };
  const invoke = async (args: readonly string[], signal: AbortSignal): Promise<void> => {
    const { given, positionals } = parse(definition, { ...definition.commonOptions, ...options }, args);
    if (given.has("help")) return output.write(helpOf(description, columnsOf(process.stdout)));
    if (given.has("version")) return output.write(`${packageVersion}\n`);
    const argument = oneArgument(definition, positionals);
    const values = valuesOf(definition.options, given);
    const { logLevel = "warn" } = valuesOf(ofEveryCommand, given);
    const logger = stderrLogger(logLevel);
    for (const key of given.keys())
      if (!Object.hasOwn(options, key)) logger.warn({}, `--${optionName(key)} has no effect in ${name}`);
    await run({ argument, values, logger, signal });
  };
  return Object.assign(invoke, { description });
}

interface Given extends ReadonlyMap<string, readonly string[]> {}

/** @throws {@link UsageError} An unknown option, or one without its value. */
function parse(
  command: Pick<CommandDescription, "name" | "argument">,
  options: OptionTable,
  args: readonly string[],
): { readonly given: Given; readonly positionals: readonly string[] } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: Object.fromEntries(
        Object.entries(options).map(([key, option]) => [optionName(key), parserEntry(option)]),
      ),
      allowPositionals: true,
    });
    const keys = Object.keys(options).filter((key) => values[optionName(key)] !== undefined);
    const given = new Map(keys.map((key) => [key, (values[optionName(key)] as unknown[]).map(String)]));
    return { given, positionals };
  } catch (error) {
    const complaint = complaintOf(command, Object.keys(options).map(optionName), error as Error & { code?: string });
    throw new UsageError(`${complaint} (see: codex-wire ${command.name} --help)`);
  }
}

function parserEntry({ placeholder, short }: Option<unknown>): NonNullable<ParseArgsConfig["options"]>[string] {
  const type = placeholder === undefined ? "boolean" : "string";
  return { type, multiple: true, ...(short === undefined ? {} : { short }) };
}

function complaintOf(
  { name, argument }: Pick<CommandDescription, "name" | "argument">,
  known: readonly string[],
  { code, message }: Error & { code?: string },
): string {
  const [line = ""] = message.split("\n", 1);
  const unknown = code === "ERR_PARSE_ARGS_UNKNOWN_OPTION" ? /'(-[^']*)'/.exec(line)?.[1] : undefined;
  // Node says here in three lines that the value begins with a dash.
  const lacking =
    code === "ERR_PARSE_ARGS_INVALID_OPTION_VALUE"
      ? /^Option '(?:-\w, )?(--[^'\s]+)' argument is ambiguous/.exec(line)?.[1]
      : undefined;
  if (lacking !== undefined) return `${lacking} needs a value; write ${lacking}=VALUE if it begins with a dash`;
  if (unknown === undefined) return line;
  const meant = nearestName(unknown.replace(/^-+/, ""), known);
  if (meant !== undefined) return `${name} has no option ${unknown}; did you mean --${meant}?`;
  const isOption = argument === undefined || /^--\w[\w-]*$/.test(unknown);
  const dashed = isOption ? "" : `; write -- before a ${argument} that begins with a dash`;
  return `${name} has no option ${unknown}${dashed}`;
}

function oneArgument(
  { name, argument }: Pick<CommandDefinition<OptionTable>, "name" | "argument">,
  positionals: readonly string[],
): string | undefined {
  if (positionals.length > 0 && argument === undefined)
    throw new UsageError(
      `${name} takes no argument, got ${JSON.stringify(positionals[0])} (see: codex-wire ${name} --help)`,
    );
  if (positionals.length > 1) {
    const advice = positionals.includes("-") ? "- alone is standard input" : "put it in quotes if it has spaces";
    throw new UsageError(`${name} takes one argument, ${argument}, got ${positionals.length}: ${advice}`);
  }
  return positionals[0];
}

function valuesOf<Table extends OptionTable>(table: Table, given: Given): ValuesOf<Table> {
  const read = ([key, option]: [string, Option<unknown>]) =>
    [key, option.read(given.get(key) ?? [], `--${optionName(key)}`)] as const;
  return Object.fromEntries(Object.entries(table).map(read)) as ValuesOf<Table>;
}
