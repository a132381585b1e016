import { type Emulator, type RecordedRequest, startEmulator } from "../../emulator/index.ts";
import { defineCommand } from "../command.ts";
import { text, toggle, wholeNumber } from "../options.ts";
import { output, say } from "../output.ts";
import { systemCode, UsageError } from "../usage-error.ts";

/** `codex-wire emulator`: serves until interrupted. The address is the one line on standard output. */
export const emulator = defineCommand({
  name: "emulator",
  about:
    "Runs a server on loopback that answers as the Responses API does, with a small deterministic model. Ctrl-C ends it.",
  options: {
    port: wholeNumber("default: a free one"),
    tls: toggle(
      "serve https and wss; the CA certificate goes to standard error, into the line of --json or to the file of --ca-out",
    ),
    caOut: text("FILE", "where to write the CA certificate"),
    scenario: text("FILE", "what to answer to which request: JSON, YAML or a module; read again when it changes"),
    fast: toggle("no human pace"),
    json: toggle('print {"url":…,"caPem":…} as one line'),
  },
  async run({ values: { port = 0, tls, caOut, scenario, fast, json }, logger, signal }) {
    if (caOut !== undefined && !tls)
      throw new UsageError("--ca-out goes with --tls: without it there is no certificate");
    const onRequest = ({ kind, method, path }: RecordedRequest): void => logger.info({ kind, method, path }, "request");
    const onScenario = (error?: unknown): void =>
      say(error === undefined ? `${scenario} was read again` : `${String(error)}; the scenario before stays`);
    const fromFile = scenario === undefined ? {} : { scenarioFile: scenario, onScenario };
    const options = { port, tls, pace: fast ? "none" : "human", onRequest, ...fromFile } as const;
    const server = await startEmulator(options).catch((error: unknown) => {
      if (error instanceof Error && /^the scenario /.test(error.message)) throw new UsageError(error.message);
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
  { url, caPem }: Pick<Emulator, "url" | "caPem">,
  json: boolean,
  caPath: string | undefined,
): Promise<void> {
  if (caPem !== undefined && caPath !== undefined) await writeCertificate(caPath, caPem);
  await (json ? output.writeJson({ url, caPem }) : output.write(`${url}\n`));
  if (caPem !== undefined && caPath === undefined && !json)
    say(`the CA certificate, to be put into a file (as --ca-out FILE does):\n${caPem.trimEnd()}`);
  const trust = caPem === undefined ? "" : `CODEX_CA_CERTIFICATE=${caPath ?? "FILE"} `;
  say(`the emulator listens; try: ${trust}codex-wire respond --base-url ${url} "hello"`);
}

async function writeCertificate(path: string, pem: string): Promise<void> {
  const { writeFile } = await import("node:fs/promises");
  await writeFile(path, pem).catch((error: unknown) => {
    throw new UsageError(`${path} cannot be written: ${systemCode(error)}`);
  });
}
