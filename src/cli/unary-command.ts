import type { CodexApi, Logger } from "../index.ts";
import { idleTimeoutOption, maxRetriesOption, type ServiceChoice, serviceOptions } from "./call-options.ts";
import { UsageError } from "./failure.ts";
import { readRequestFile } from "./input.ts";
import { text, toggle, type ValuesOf } from "./options.ts";
import { output } from "./output.ts";
import { openConnection } from "./service/connection.ts";

/** Options of commands whose call returns one body. */
export const unaryOptions = {
  json: toggle('the result as one line; after a failure the last line is {"type":"error",…}'),
  ...serviceOptions,
  maxRetries: maxRetriesOption,
  idleTimeoutMs: idleTimeoutOption("an answer"),
};

/** Options of a command that sends a request from a file. */
export const requestOptions = {
  request: text("FILE", "the request as JSON; - is standard input"),
  model: text("MODEL", "for a request that names none"),
};

export interface UnaryCall<Result> {
  readonly values: ServiceChoice & { readonly json: boolean };
  readonly logger: Logger;
  send(api: CodexApi): Promise<Result>;
  /** The result as text for people. */
  print(result: Result): string;
  /** What `--json` prints. By default the result. */
  toJson?(result: Result): unknown;
}

/** Makes one call and prints its result: as one line with `--json`, else with `print`. */
export async function callOnce<Result>({ values, logger, send, print, toJson }: UnaryCall<Result>): Promise<void> {
  const connection = await openConnection(values, logger);
  try {
    const result = await send(connection.api);
    await (values.json ? output.writeJson(toJson ? toJson(result) : result) : output.write(print(result)));
  } finally {
    await connection.close();
  }
}

/** The body given by `--request`, with `--model` if it has no model. */
export async function readRequest(
  { request, model }: ValuesOf<typeof requestOptions>,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  if (request === undefined)
    throw new UsageError("--request FILE is missing: the request body as JSON; - is standard input");
  const body = await readRequestFile(request, signal);
  return model === undefined ? body : { model, ...body };
}
