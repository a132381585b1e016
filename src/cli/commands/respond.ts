import type { ClientOptions } from "../../api/endpoint-session.ts";
import { ResponsesClient } from "../../api/responses/client.ts";
import type { ResponseStream } from "../../api/responses/stream.ts";
import { ResponsesWebsocketClient } from "../../api/responses/websocket-client.ts";
import type { JsonObject } from "../../api/wire/json.ts";
import type { ResponsesRequest } from "../../api/wire/requests.ts";
import { DEFAULT_MODEL, eventsOption, maxRetriesOption, responseOptions, serviceOptions } from "../call-options.ts";
import { defineCommand, type Invocation } from "../command.ts";
import { openConnection } from "../connection.ts";
import { readInput, readRequestFile } from "../input.ts";
import { choice, text } from "../options.ts";
import { printResponse } from "../print-response.ts";
import { UsageError } from "../usage-error.ts";

const options = {
  model: text("MODEL", `default ${DEFAULT_MODEL}`),
  instructions: text("TEXT", "instructions for the model"),
  reasoning: text("EFFORT", "none, minimal, low, medium, high or xhigh; summaries go to standard error"),
  request: text("FILE", "a whole request body as JSON instead of a prompt; - is standard input"),
  transport: choice("KIND", ["http", "websocket"], "; default http"),
  json: eventsOption,
  ...serviceOptions,
  ...responseOptions,
  maxRetries: maxRetriesOption,
};

/** `codex-api respond`: one request, its events to standard output. */
export const respond = defineCommand({
  name: "respond",
  argument: "PROMPT",
  about: "Streams one response to standard output. PROMPT comes from the argument or from standard input.",
  options,
  async run(invocation) {
    const { values, logger, signal } = invocation;
    const request = await readRequest(invocation);
    const connection = await openConnection(values, logger);
    try {
      const call = { conversationId: values.conversationId, signal };
      const print = (stream: ResponseStream) => printResponse(stream, { json: values.json });
      if (values.transport === "websocket")
        await overWebsocket(connection.client, call, async (send) => print(await request(send)));
      else await print(await request(overHttp(connection.client, call)));
    } finally {
      await connection.close();
    }
  },
});

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
async function readRequest({ argument, values, signal }: Invocation<typeof options>): Promise<Request> {
  const { request: file, conversationId, instructions, reasoning: effort, model = DEFAULT_MODEL } = values;
  if (file !== undefined) {
    if (argument !== undefined) throw new UsageError("give a PROMPT or --request FILE, not both");
    const body = { ...(await readRequestFile(file, signal)), stream: true };
    return (sender) => sender.streamBody(body);
  }
  const prompt = argument ?? (await readInput("a PROMPT", signal));
  if (prompt.trim() === "") throw new UsageError("the PROMPT is empty");
  const request: ResponsesRequest = {
    model,
    input: prompt,
    ...(conversationId === undefined ? {} : { prompt_cache_key: conversationId }),
    ...(instructions === undefined ? {} : { instructions }),
    ...(effort === undefined ? {} : { reasoning: { effort, summary: "auto" } }),
  };
  return (sender) => sender.stream(request);
}
