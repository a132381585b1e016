import { ResponsesSession } from "../../api/session/session.ts";
import type { ResponsesRequest } from "../../api/wire/requests.ts";
import { openConnection } from "../connection.ts";
import { readRequestLines } from "../input.ts";
import { stderrLogger } from "../logger.ts";
import { callOptions, choice, parseArguments, readCallOptions, text } from "../options.ts";
import { output } from "../output.ts";
import { printResponse } from "../print-response.ts";
import { UsageError } from "../usage-error.ts";

const DEFAULT_MODEL = "gpt-5-mini";

const HELP = `usage: codex-api session --requests FILE [OPTIONS]

Sends several requests through one session: over a WebSocket only what is new of each one travels.
The answers go to standard output in order; the first failure ends the session.

  --requests FILE          full request bodies as JSON, one a line; - is standard input
  --transport KIND         auto, websocket or http; default auto: a WebSocket where the provider has them, else HTTP
  --model MODEL            of requests that name none; default ${DEFAULT_MODEL}
  --json                   one event a line; after a failure the last line is {"type":"error",…}
  --base-url URL           default OPENAI_BASE_URL, else the provider's
  --provider NAME          openai, chatgpt, azure, ollama or lmstudio
  --auth codex|none        use the Codex CLI's login, or no credentials
  --api-key-env NAME       variable that holds the key; default OPENAI_API_KEY
  --header 'NAME: VALUE'   a further header; may be repeated
  --conversation-id ID     sent as session id and cache key; default a random one
  --compression CODING     of HTTP bodies: zstd, gzip, auto or none
  --max-retries N          further tries after a failed one, and further streams after a broken one; default 4 and 5
  --idle-timeout-ms N      longest wait for the next event; default 300000
  --connect-timeout-ms N   longest wait for a connection; default 15000
  --client-version VERSION sent as the version header
  --log-level LEVEL        debug, info, warn, error or silent; default warn
`;

/** `codex-api session`: several requests, one after the other, through one `ResponsesSession`. */
export async function session(args: readonly string[], signal: AbortSignal): Promise<void> {
  const parsed = parseArguments(
    args,
    { ...callOptions, requests: { type: "string" }, transport: { type: "string" } },
    "session",
  );
  if (parsed.help) return output.write(HELP);
  const options = readCallOptions(parsed);
  const transport = choice("transport", text(parsed.values.transport), ["auto", "websocket", "http"]);
  if (parsed.positionals.length > 0) throw new UsageError("a session takes no argument: put the requests into a FILE");
  const file = text(parsed.values.requests);
  if (file === undefined) throw new UsageError("--requests FILE is missing: full request bodies as JSON, one a line");
  const bodies = await readRequestLines(file, signal);

  const connection = await openConnection(options, stderrLogger(parsed.logLevel));
  const { conversationId, clientVersion } = options;
  try {
    const client = { ...connection.client, transport, httpTransport: connection.client.transport };
    const conversation = new ResponsesSession({ ...client, conversationId, clientVersion });
    try {
      for (const body of bodies) {
        conversation.startTurn();
        const request = { model: options.model ?? DEFAULT_MODEL, ...body } as ResponsesRequest; // checked when it is encoded
        await printResponse(await conversation.stream(request, { signal }), { json: parsed.json });
      }
    } finally {
      await conversation.close();
    }
  } finally {
    await connection.close();
  }
}
