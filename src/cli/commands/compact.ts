import { CompactClient } from "../../api/compact.ts";
import type { CompactionInput } from "../../api/wire/compaction.ts";
import { defineCommand } from "../command.ts";
import { choice, text } from "../options.ts";
import { callOnce, readRequest, requestOptions, unaryOptions } from "../unary-command.ts";

/** `codex-api compact`: a history in, a shorter one out. */
export const compact = defineCommand({
  name: "compact",
  needs: "--request FILE",
  about: "Compacts a history: prints the items to go on with. A request holds model, input and instructions.",
  options: {
    ...requestOptions,
    form: choice("FORM", ["endpoint", "trigger"], ": how compaction is asked for; default endpoint"),
    conversationId: text("ID", "sent as session id"),
    ...unaryOptions,
  },
  async run({ values, logger, signal }) {
    const { form, conversationId } = values;
    const input = (await readRequest(values, signal)) as CompactionInput; // checked when it is encoded
    await callOnce({
      values,
      logger,
      send: (client) => new CompactClient(client).compact(input, { form, conversationId, signal }),
      print: (items) => `${JSON.stringify(items, null, 2)}\n`,
    });
  },
});
