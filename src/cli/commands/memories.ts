import { MemoriesClient } from "../../api/memories.ts";
import type { MemorySummarizeInput } from "../../api/wire/memories.ts";
import { CALL_HELP, readRequest, unaryCommand } from "../unary-command.ts";

const HELP = `usage: codex-api memories --request FILE [OPTIONS]

Summarizes recorded conversations: prints both summaries of each.

  --request FILE           model and traces as JSON; - is standard input
  --model MODEL            for a request that names none
  --client-version VERSION sent as the version header
${CALL_HELP}`;

/** `codex-api memories`: recorded conversations in, their summaries out. */
export const memories = unaryCommand({
  name: "memories",
  help: HELP,
  options: { request: { type: "string" } },
  async prepare(call) {
    const input = (await readRequest(call)) as unknown as MemorySummarizeInput; // checked when it is encoded
    return (client) => new MemoriesClient(client).summarize(input, { signal: call.signal });
  },
  print: (summaries) =>
    summaries.map(({ trace_summary, memory_summary }) => `${trace_summary}\n${memory_summary}\n`).join("\n"),
});
