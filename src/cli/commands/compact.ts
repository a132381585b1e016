import { CompactClient } from "../../api/compact.ts";
import type { CompactionInput } from "../../api/wire/compaction.ts";
import { choice, text } from "../options.ts";
import { CALL_HELP, readRequest, unaryCommand } from "../unary-command.ts";

const HELP = `usage: codex-api compact --request FILE [OPTIONS]

Compacts a history: prints the items to go on with.

  --request FILE           model, input and instructions as JSON; - is standard input
  --form FORM              endpoint or trigger: how compaction is asked for; default endpoint
  --model MODEL            for a request that names none
  --conversation-id ID     sent as session id
  --client-version VERSION sent as the version header
${CALL_HELP}`;

/** `codex-api compact`: a history in, a shorter one out. */
export const compact = unaryCommand({
  name: "compact",
  help: HELP,
  options: { request: { type: "string" }, form: { type: "string" } },
  async prepare(call) {
    const form = choice("form", text(call.parsed.values.form), ["endpoint", "trigger"]);
    const input = (await readRequest(call)) as CompactionInput; // checked when it is encoded
    const { conversationId } = call.options;
    return (client) => new CompactClient(client).compact(input, { form, conversationId, signal: call.signal });
  },
  print: (items) => `${JSON.stringify(items, null, 2)}\n`,
});
