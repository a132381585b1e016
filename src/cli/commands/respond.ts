import { ResponsesClient, type ResponsesOptions } from "../../api/responses/client.ts";
import type { ResponseStream } from "../../api/responses/stream.ts";
import { openConnection } from "../connection.ts";
import { stderrLogger } from "../logger.ts";
import { type CallOptions, callOptions, choice, parseArguments, readCallOptions, text } from "../options.ts";
import { output, say } from "../output.ts";
import { readInput, readRequestFile } from "../input.ts";
import { ResponseSummary } from "../response-summary.ts";
import { UsageError } from "../usage-error.ts";

const DEFAULT_MODEL = "gpt-5-mini";

const HELP = `usage: codex-api respond [PROMPT] [OPTIONS]

Streams one response to standard output. PROMPT comes from the argument or from standard input.

  --model MODEL            default ${DEFAULT_MODEL}
  --instructions TEXT      instructions for the model
  --reasoning EFFORT       none, minimal, low, medium, high or xhigh; summaries go to standard error
  --request FILE           a whole request body as JSON instead of a prompt; - is standard input
  --json                   one event a line; after a failure the last line is {"type":"error",…}
  --base-url URL           default OPENAI_BASE_URL, else the provider's
  --provider NAME          openai, chatgpt, azure, ollama or lmstudio
  --auth codex|none        use the Codex CLI's login, or no credentials
  --api-key-env NAME       variable that holds the key; default OPENAI_API_KEY
  --header 'NAME: VALUE'   a further header; may be repeated
  --conversation-id ID     sent as session id and cache key
  --compression CODING     zstd, gzip, auto or none
  --transport http         how to connect
  --max-retries N          further tries after a failed one; default 4
  --idle-timeout-ms N      longest wait for the next event; default 300000
  --connect-timeout-ms N   longest wait for a connection; default 15000
  --client-version VERSION sent as the version header
  --log-level LEVEL        debug, info, warn, error or silent; default warn
`;

/** `codex-api respond`: one request, its events to standard output. */
export async function respond(args: readonly string[], signal: AbortSignal): Promise<void> {
  const parsed = parseArguments(
    args,
    {
      ...callOptions,
      instructions: { type: "string" },
      reasoning: { type: "string" },
      request: { type: "string" },
      transport: { type: "string" },
    },
    "respond",
  );
  if (parsed.help) return output.write(HELP);
  const options = readCallOptions(parsed);
  choice("transport", text(parsed.values.transport), ["http"]);
  const body = await requestBody(parsed.positionals, parsed.values, options);

  const connection = await openConnection(options, stderrLogger(parsed.logLevel));
  try {
    const summary = new ResponseSummary();
    const client = new ResponsesClient(connection.client);
    const callerOptions: ResponsesOptions = { conversationId: options.conversationId, signal, wireEvents: false };
    const stream = await client.streamBody(body, callerOptions);
    if (parsed.json) await printEvents(stream);
    else await printText(stream, summary);
    if (!parsed.json && process.stderr.isTTY) say(summary.line());
  } finally {
    await connection.close();
  }
}

async function requestBody(
  positionals: readonly string[],
  values: Readonly<Record<string, unknown>>,
  options: CallOptions,
): Promise<unknown> {
  if (typeof values.request === "string") {
    if (positionals.length > 0) throw new UsageError("give a PROMPT or --request FILE, not both");
    return { ...(await readRequestFile(values.request)), stream: true };
  }
  if (positionals.length > 1) throw new UsageError("PROMPT is one argument: put it in quotes");
  const prompt = positionals[0] ?? (await readInput("a PROMPT"));
  if (prompt.trim() === "") throw new UsageError("the PROMPT is empty");
  return {
    model: options.model ?? DEFAULT_MODEL,
  };
}

async function printEvents(stream: ResponseStream): Promise<void> {
  for await (const event of stream) await output.writeJson(event);
}

async function printText(stream: ResponseStream, summary: ResponseSummary): Promise<void> {
  let last = "\n";
  for await (const event of stream) {
    summary.add(event);
    if (event.type !== "output_text.delta") continue;
    await output.write(event.delta);
    last = event.delta;
  }
  if (!last.endsWith("\n")) await output.write("\n");
}
