import type { ClientOptions } from "../api/endpoint-session.ts";
import { openConnection } from "./connection.ts";
import { readRequestFile } from "./input.ts";
import { stderrLogger } from "./logger.ts";
import {
  type CallOptions,
  callOptions,
  type ParsedArguments,
  parseArguments,
  readCallOptions,
  text,
} from "./options.ts";
import { output } from "./output.ts";
import { UsageError } from "./usage-error.ts";

/** The lines on {@link callOptions} in the help of a command whose call is answered by one body. */
export const CALL_HELP = `  --json                   the result as one line; after a failure the last line is {"type":"error",…}
  --base-url URL           default OPENAI_BASE_URL, else the provider's
  --provider NAME          openai, chatgpt, azure, ollama or lmstudio
  --auth codex|none        use the Codex CLI's login, or no credentials
  --api-key-env NAME       variable that holds the key; default OPENAI_API_KEY
  --header 'NAME: VALUE'   a further header; may be repeated
  --max-retries N          further tries after a failed one; default 4
  --idle-timeout-ms N      longest wait for an answer; default 300000
  --connect-timeout-ms N   longest wait for a connection; default 15000
  --log-level LEVEL        debug, info, warn, error or silent; default warn
`;

export interface UnaryCommand<Result> {
  readonly name: string;
  readonly help: string;
  /** Options beside those of every call. */
  readonly options?: Parameters<typeof parseArguments>[1];
  /** Reads and checks what to send, before anything is connected. */
  prepare(call: UnaryCall): Promise<(client: ClientOptions) => Promise<Result>>;
  /** The result for people. */
  print(result: Result): string;
}

export interface UnaryCall {
  readonly parsed: ParsedArguments;
  readonly options: CallOptions;
  readonly signal: AbortSignal;
}

/** Runs a command whose call is answered by one body: as one line with `--json`, else as `print` writes it. */
export function unaryCommand<Result>(
  command: UnaryCommand<Result>,
): (args: readonly string[], signal: AbortSignal) => Promise<void> {
  return async (args, signal) => {
    const parsed = parseArguments(args, { ...callOptions, ...command.options }, command.name);
    if (parsed.help) return output.write(command.help);
    const options = readCallOptions(parsed);
    if (parsed.positionals.length > 0) {
      throw new UsageError(`${command.name} takes no argument (see: codex-api ${command.name} --help)`);
    }
    const send = await command.prepare({ parsed, options, signal });
    const connection = await openConnection(options, stderrLogger(parsed.logLevel));
    try {
      const result = await send(connection.client);
      await (parsed.json ? output.writeJson(result) : output.write(command.print(result)));
    } finally {
      await connection.close();
    }
  };
}

/** The body that `--request` names, with `--model` where it has no model of its own. */
export async function readRequest({ parsed, options, signal }: UnaryCall): Promise<Record<string, unknown>> {
  const file = text(parsed.values.request);
  if (file === undefined)
    throw new UsageError("--request FILE is missing: the request body as JSON; - is standard input");
  const body = await readRequestFile(file, signal);
  return options.model === undefined ? body : { model: options.model, ...body };
}
