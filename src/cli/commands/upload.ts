import { UPLOAD_LIMIT_BYTES } from "../../index.ts";
import { commonOptions } from "../call-options.ts";
import { defineCommand } from "../command.ts";
import { UsageError } from "../failure.ts";
import { text } from "../options.ts";
import { Progress } from "../terminal/progress.ts";
import { callOnce, unaryOptions } from "../unary-command.ts";

/** `codex-wire upload FILE`: prints the id of the file. */
export const upload = defineCommand({
  name: "upload",
  argument: "FILE",
  about: `Uploads a file, at most ${UPLOAD_LIMIT_BYTES / 1024 / 1024} MiB, and prints its id. On a terminal the progress is shown.`,
  commonOptions,
  options: { name: text("NAME", "the file's name at the service; default its own"), ...unaryOptions },
  examples: [
    ["codex-wire upload report.pdf", "then name the file by its id in a request"],
    ["codex-wire upload report.pdf --auth codex", "to the ChatGPT backend, with the login of the Codex CLI"],
  ],
  async run({ argument: path, values, logger, signal }) {
    if (path === undefined) throw new UsageError("the FILE to upload is missing: codex-wire upload FILE");
    const progress = new Progress();
    try {
      await callOnce({
        values,
        logger,
        send: (api) =>
          api.files.upload({ path, name: values.name }, { signal, onProgress: (sent) => progress.show(sent) }),
        print: ({ fileId }) => `${fileId}\n`,
      });
    } finally {
      progress.end();
    }
  },
});
