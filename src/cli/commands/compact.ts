import type { CompactionInput } from "../../index.ts";
import { commonOptions, compressionOption, idleTimeoutOption } from "../call-options.ts";
import { defineCommand } from "../command.ts";
import { choice, text } from "../options.ts";
import { callOnce, readRequest, requestOptions, unaryOptions } from "../unary-command.ts";

/** `codex-wire compact`: compacts a history. */
export const compact = defineCommand({
  name: "compact",
  needs: "--request FILE",
  about: "Compacts a history: prints the items to continue with. A request contains model, input and instructions.",
  commonOptions,
  examples: [["codex-wire compact --request history.json > shorter.json", "the items to continue with"]],
  options: {
    ...requestOptions,
    form: choice("FORM", ["endpoint", "trigger"], ": how compaction is requested; default endpoint"),
    compression: { ...compressionOption, help: `${compressionOption.help}; of the body of a trigger` },
    conversationId: text("ID", "sent as session id"),
    ...unaryOptions,
    idleTimeoutMs: idleTimeoutOption("the next event of a trigger's answer; an endpoint may take four times as long"),
  },
  async run({ values, logger, signal }) {
    const { form, compression, conversationId } = values;
    if (compression !== undefined && form !== "trigger")
      logger.warn({}, "--compression has no effect without --form trigger: the endpoint accepts no compressed body");
    const input = (await readRequest(values, signal)) as unknown as CompactionInput; // checked when it is encoded
    await callOnce({
      values,
      logger,
      send: (api) => api.compact(input, { form, conversationId, signal }),
      print: (items) => `${JSON.stringify(items, null, 2)}\n`,
    });
  },
});
