import type { MemorySummarizeInput } from "../../index.ts";
import { commonOptions } from "../call-options.ts";
import { defineCommand } from "../command.ts";
import { callOnce, readRequest, requestOptions, unaryOptions } from "../unary-command.ts";

/** `codex-wire memories`: summarizes recorded conversations. */
export const memories = defineCommand({
  name: "memories",
  needs: "--request FILE",
  about: "Summarizes recorded conversations: prints both summaries of each. A request holds model and traces.",
  commonOptions,
  examples: [["codex-wire memories --request traces.json --json", "both summaries of each trace, as one line"]],
  options: { ...requestOptions, ...unaryOptions },
  async run({ values, logger, signal }) {
    const input = (await readRequest(values, signal)) as unknown as MemorySummarizeInput; // checked when it is encoded
    await callOnce({
      values,
      logger,
      send: (api) => api.memories.summarize(input, { signal }),
      print: (summaries) =>
        summaries.map(({ trace_summary, memory_summary }) => `${trace_summary}\n${memory_summary}\n`).join("\n"),
    });
  },
});
