import { ResponsesClient, type ResponsesOptions } from "../../api/responses/client.ts";
import type { ResponseStream } from "../../api/responses/stream.ts";
import type { ResponsesRequest } from "../../api/wire/requests.ts";
import { openConnection } from "../connection.ts";
import { readInput, readRequestFile } from "../input.ts";
import { stderrLogger } from "../logger.ts";
import {
  type CallOptions,
  callOptions,
  choice,
  type ParsedArguments,
  parseArguments,
  readCallOptions,
  text,
} from "../options.ts";
import { output } from "../output.ts";
import { printResponse } from "../print-response.ts";
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
  const request = await readRequest(parsed, options);

  const connection = await openConnection(options, stderrLogger(parsed.logLevel));
  try {
    const client = new ResponsesClient(connection.client);
    const stream = await request(client, { conversationId: options.conversationId, signal });
    await printResponse(stream, { json: parsed.json });
  } finally {
    await connection.close();
  }
}

type Send = (client: ResponsesClient, options: ResponsesOptions) => Promise<ResponseStream>;

/** What to send, read and checked before anything is connected. */
async function readRequest({ positionals, values }: ParsedArguments, options: CallOptions): Promise<Send> {
  const file = text(values.request);
  if (file !== undefined) {
    if (positionals.length > 0) throw new UsageError("give a PROMPT or --request FILE, not both");
    const body = { ...(await readRequestFile(file)), stream: true };
    return (client, call) => client.streamBody(body, call);
  }
  if (positionals.length > 1) throw new UsageError("PROMPT is one argument: put it in quotes");
  const prompt = positionals[0] ?? (await readInput("a PROMPT"));
  if (prompt.trim() === "") throw new UsageError("the PROMPT is empty");
  const effort = text(values.reasoning);
  const request: ResponsesRequest = {
    model: options.model ?? DEFAULT_MODEL,
    input: prompt,
    ...(options.conversationId === undefined ? {} : { prompt_cache_key: options.conversationId }),
    ...(typeof values.instructions === "string" ? { instructions: values.instructions } : {}),
    ...(effort === undefined ? {} : { reasoning: { effort, summary: "auto" } }),
  };
  return (client, call) => client.stream(request, call);
}
