import type { ResponseStream, ResponsesClient, ResponsesOptions, ResponsesRequest } from "../../index.ts";
import { cancelOnLeaveOption, printBackground } from "../background/print.ts";
import {
  carrierOption,
  commonOptions,
  DEFAULT_MODEL,
  eventsOption,
  maxRetriesOption,
  noteResponseOptions,
  responseOptions,
  serviceOptions,
} from "../call-options.ts";
import { defineCommand, type Invocation } from "../command.ts";
import { UsageError } from "../failure.ts";
import { readInput, readRequestFile } from "../input.ts";
import { text, toggle } from "../options.ts";
import { say } from "../output.ts";
import { printResponse } from "../response/print.ts";
import { steerByTyping } from "../response/typed-lines.ts";
import { openConnection } from "../service/connection.ts";

const DEFAULT_CARRIER = "http";

const options = {
  model: text("MODEL", `default ${DEFAULT_MODEL}`),
  instructions: text("TEXT", "instructions for the model"),
  reasoning: text("EFFORT", "none, minimal, low, medium, high, xhigh or max; summaries go to standard error"),
  request: text("FILE", "a whole request body as JSON instead of a prompt, sent as it is; - is standard input"),
  carrier: carrierOption(DEFAULT_CARRIER),
  background: toggle("the service continues the response when the connection breaks or this program ends; over HTTP"),
  cancelOnLeave: cancelOnLeaveOption,
  json: eventsOption,
  ...serviceOptions,
  ...responseOptions,
  maxRetries: maxRetriesOption,
};

/** `codex-wire respond`: one request, its events to standard output. */
export const respond = defineCommand({
  name: "respond",
  argument: "PROMPT",
  isArgumentOptional: true,
  about: `Streams one response to standard output. PROMPT comes from the argument, or from standard input (at most 256 MiB) where it is - or
left out. The answer alone goes to standard output, reasoning and all else to standard error. At a terminal, with --carrier websocket, a line that
is typed while the answer comes corrects it.`,
  options,
  examples: [
    ['codex-wire respond "Why is the sky blue?"', "one question"],
    ["git diff | codex-wire respond --instructions 'Review this change.' -", "what to review comes on standard input"],
    ["codex-wire respond --request body.json --json | jq -c .type", "a whole request, and its events"],
    ["codex-wire respond --background --reasoning high 'Prove it.'", "an answer that survives a broken connection"],
  ],
  commonOptions,
  async run(invocation) {
    const { values, logger, signal } = invocation;
    noteResponseOptions(values, logger);
    const request = await readRequest(invocation);
    const connection = await openConnection(values, logger);
    try {
      const { conversationId, carrier = DEFAULT_CARRIER, cancelOnLeave, json } = values;
      const sentAt = performance.now();
      const stream = await request(connection.api.responses, { carrier, conversationId, cancelOnLeave, signal });
      await (values.background
        ? printBackground(stream, { json, sentAt, cancelOnLeave })
        : whileTypedLinesSteer(stream, () => printResponse(stream, { json, sentAt })));
    } finally {
      await connection.close();
    }
  },
});

/** At a terminal, a line typed during the answer steers it. */
async function whileTypedLinesSteer(stream: ResponseStream, print: () => Promise<void>): Promise<void> {
  if (!process.stdin.isTTY) return print();
  const stop = steerByTyping(stream, process.stdin, (line) => say(`\n${line}`)); // the answer stops in the middle of a line
  try {
    await print();
  } finally {
    stop();
  }
}

type Request = (responses: ResponsesClient, options: ResponsesOptions) => Promise<ResponseStream>;

/** The request to send, read and checked before connecting. */
async function readRequest({ argument, values, logger, signal }: Invocation<typeof options>): Promise<Request> {
  const { request: file, conversationId, instructions, reasoning: effort, model = DEFAULT_MODEL, background } = values;
  const inBackground = background ? { background } : {};
  if (file !== undefined) {
    if (argument !== undefined) throw new UsageError("give a PROMPT or --request FILE, not both");
    for (const name of ["model", "instructions", "reasoning"] as const)
      if (values[name] !== undefined) logger.warn({}, `--${name} has no effect: --request FILE is sent as it is`);
    const given = await readRequestFile(file, signal);
    const body = { ...(background ? { store: true } : {}), ...given, ...inBackground, stream: true };
    return (responses, call) => responses.streamBody(body, call);
  }
  const prompt = argument === undefined || argument === "-" ? await readInput("a PROMPT", signal) : argument;
  if (prompt.trim() === "") throw new UsageError("the PROMPT is empty");
  const request: ResponsesRequest = {
    model,
    input: prompt,
    ...inBackground,
    ...(conversationId === undefined ? {} : { prompt_cache_key: conversationId }),
    ...(instructions === undefined ? {} : { instructions }),
    ...(effort === undefined ? {} : { reasoning: { effort, summary: "auto" } }),
  };
  return (responses, call) => responses.stream(request, call);
}
