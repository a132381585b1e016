import { startEmulator } from "../../emulator/index.ts";
import { defineCommand } from "../command.ts";
import { text, toggle, wholeNumber } from "../options.ts";
import { output, say } from "../output.ts";
import { systemCode, UsageError } from "../usage-error.ts";

/** `codex-api emulator`: serves until interrupted. The address is the one line on standard output. */
export const emulator = defineCommand({
  name: "emulator",
  about:
    "Runs a server on loopback that answers as the Responses API does, with a small deterministic model. Ctrl-C ends it.",
  options: {
    port: wholeNumber("default: a free one"),
    tls: toggle("serve https and wss; the CA certificate is printed, or written to the file of --ca-out"),
    caOut: text("FILE", "where to write the CA certificate"),
    fast: toggle("no human pace"),
    json: toggle('print {"url":…} as one line'),
  },
  async run({ values: { port = 0, tls, caOut, fast, json }, signal }) {
    const server = await startEmulator({ port, tls, pace: fast ? "none" : "human" }).catch((error: unknown) => {
      if (!(error instanceof Error && "code" in error)) throw error; // a fault of ours
      throw new UsageError(`port ${port} cannot be listened on (${systemCode(error)}); choose another with --port`);
    });
    try {
      await announce(server, json, caOut);
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    } finally {
      await server.close();
    }
  },
});

async function announce(
  server: { readonly url: string; readonly caPem?: string | undefined },
  json: boolean,
  caPath: string | undefined,
): Promise<void> {
  if (server.caPem !== undefined && caPath !== undefined) {
    const { writeFile } = await import("node:fs/promises");
    await writeFile(caPath, server.caPem).catch((error: unknown) => {
      throw new UsageError(`${caPath} cannot be written: ${systemCode(error)}`);
    });
    say(`CA certificate written to ${caPath}; use it with CODEX_CA_CERTIFICATE=${caPath}`);
  }
  await (json ? output.writeJson({ url: server.url, caPem: server.caPem }) : output.write(`${server.url}\n`));
  say(`the emulator listens; try: codex-api respond --base-url ${server.url} "hello"`);
}
