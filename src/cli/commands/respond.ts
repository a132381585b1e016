import type { ClientOptions } from "../../api/endpoint-session.ts";
import { ResponsesClient } from "../../api/responses/client.ts";
import type { ResponseStream } from "../../api/responses/stream.ts";
import { ResponsesWebsocketClient } from "../../api/responses/websocket-client.ts";
import type { JsonObject } from "../../api/wire/json.ts";
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
  --transport KIND         http or websocket; default http
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
  const transport = choice("transport", text(parsed.values.transport), ["http", "websocket"]);
  const request = await readRequest(parsed, options, signal);

  const connection = await openConnection(options, stderrLogger(parsed.logLevel));
  try {
    const call = { conversationId: options.conversationId, signal };
    const print = (stream: ResponseStream) => printResponse(stream, { json: parsed.json });
    if (transport === "websocket")
      await overWebsocket(connection.client, call, async (send) => print(await request(send)));
    else await print(await request(overHttp(connection.client, call)));
  } finally {
    await connection.close();
  }
}

interface Call {
  readonly conversationId: string | undefined;
  readonly signal: AbortSignal;
}

/** Either carrier. */
interface Sender {
  stream(request: ResponsesRequest): Promise<ResponseStream>;
  streamBody(body: JsonObject): Promise<ResponseStream>;
}

function overHttp(options: ClientOptions, call: Call): Sender {
  const client = new ResponsesClient(options);
  return {
    stream: (request) => client.stream(request, call),
    streamBody: (body) => client.streamBody(body, call),
  };
}

async function overWebsocket(options: ClientOptions, call: Call, work: (send: Sender) => Promise<void>): Promise<void> {
  const { signal } = call;
  const connection = await new ResponsesWebsocketClient(options).connect(call);
  try {
    await work({
      stream: (request) => connection.stream(request, { signal }),
      streamBody: (body) => connection.streamBody(body, { signal }),
    });
  } finally {
    await connection.close();
  }
}

type Request = (sender: Sender) => Promise<ResponseStream>;

/** What to send, read and checked before anything is connected. */
async function readRequest(
  { positionals, values }: ParsedArguments,
  options: CallOptions,
  signal: AbortSignal,
): Promise<Request> {
  const file = text(values.request);
  if (file !== undefined) {
    if (positionals.length > 0) throw new UsageError("give a PROMPT or --request FILE, not both");
    const body = { ...(await readRequestFile(file, signal)), stream: true };
    return (sender) => sender.streamBody(body);
  }
  if (positionals.length > 1) throw new UsageError("PROMPT is one argument: put it in quotes");
  const prompt = positionals[0] ?? (await readInput("a PROMPT", signal));
  if (prompt.trim() === "") throw new UsageError("the PROMPT is empty");
  const effort = text(values.reasoning);
  const request: ResponsesRequest = {
    model: options.model ?? DEFAULT_MODEL,
    input: prompt,
    ...(options.conversationId === undefined ? {} : { prompt_cache_key: options.conversationId }),
    ...(typeof values.instructions === "string" ? { instructions: values.instructions } : {}),
    ...(effort === undefined ? {} : { reasoning: { effort, summary: "auto" } }),
  };
  return (sender) => sender.stream(request);
}
