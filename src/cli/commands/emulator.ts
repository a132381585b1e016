import { startEmulator } from "../../emulator/index.ts";
import { parseArguments, text, wholeNumber } from "../options.ts";
import { output, say } from "../output.ts";
import { systemCode, UsageError } from "../usage-error.ts";

const HELP = `usage: codex-api emulator [OPTIONS]

Runs a server on loopback that answers as the Responses API does, with a small deterministic model. Ctrl-C ends it.

  --port N       default: a free one
  --tls          serve https and wss; the CA certificate is printed, or written to the file of --ca-out
  --ca-out FILE  where to write the CA certificate
  --fast         no human pace
  --json         print {"url":…} as one line
`;

/** `codex-api emulator`: serves until interrupted. The address is the one line on standard output. */
export async function emulator(args: readonly string[], signal: AbortSignal): Promise<void> {
  const parsed = parseArguments(
    args,
    { port: { type: "string" }, tls: { type: "boolean" }, fast: { type: "boolean" }, "ca-out": { type: "string" } },
    "emulator",
  );
  if (parsed.help) return output.write(HELP);
  const port = wholeNumber("port", text(parsed.values.port)) ?? 0;
  const server = await startEmulator({
    port,
    ...(parsed.values.tls === true ? { tls: true as const } : {}),
    pace: parsed.values.fast === true ? "none" : "human",
  }).catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error)) throw error; // a fault of ours
    throw new UsageError(`port ${port} cannot be listened on (${systemCode(error)}); choose another with --port`);
  });
  try {
    await announce(server, parsed.json, text(parsed.values["ca-out"]));
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  } finally {
    await server.close();
  }
}

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
