import { createHttpAgent, createHttpsAgent } from "../../client/index.ts";
import { type Emulator, type EmulatorOptions, type RecordedRequest, startEmulator } from "../../emulator/index.ts";
import { defineCommand } from "../command.ts";
import { UsageError } from "../failure.ts";
import { portNumber, text, toggle } from "../options.ts";
import { output, say } from "../output.ts";
import { interrupted, notListening, writeNamed } from "../serving.ts";

/** `codex-wire emulator`: serves until interrupted. The address is the only line on standard output. */
export const emulator = defineCommand({
  name: "emulator",
  about:
    "Runs a server on loopback that answers as the Responses API does, with a small deterministic model. Ctrl-C ends it.",
  examples: [
    ["codex-wire emulator --port 8080", "then OPENAI_BASE_URL=http://127.0.0.1:8080/v1 for any program"],
    ["codex-wire emulator --scenario weather.yaml", "answers of your own"],
    [
      "codex-wire emulator --record calls --upstream https://api.openai.com/v1",
      "record the service; --replay calls plays it",
    ],
  ],
  options: {
    port: portNumber("default: a free one"),
    tls: toggle(
      "serve https and wss; the CA certificate goes to standard error, into the line of --json or to the file of --ca-out",
    ),
    caOut: text("FILE", "where to write the CA certificate"),
    scenario: text("FILE", "what to answer to which request: JSON, YAML or a module; read again when it changes"),
    record: text("DIR", "pass every request on to --upstream and write what passes to files, without credentials"),
    upstream: text("URL", "where --record passes requests on to, for example https://api.openai.com/v1"),
    omitPrompts: toggle("with --record: blank the texts of requests in the files"),
    replay: text("DIR", "answer from the files of --record"),
    originalTiming: toggle("with --replay: as fast as it was then, instead of at once"),
    strict: toggle("with --replay: refuse a request that differs from its recording"),
    fast: toggle("no human pace"),
    json: toggle('print {"url":…,"caPem":…} as one line'),
  },
  async run({ values, logger, signal }) {
    const { port = 0, tls, caOut, scenario, fast, json } = values;
    if (caOut !== undefined && !tls)
      throw new UsageError("--ca-out goes with --tls: without it there is no certificate");
    const onRequest = ({ kind, method, path }: RecordedRequest): void => logger.info({ kind, method, path }, "request");
    const onScenario = (error?: unknown): void =>
      say(error === undefined ? `${scenario} was read again` : `${String(error)}; the scenario before stays`);
    const fromFile = scenario === undefined ? {} : { scenarioFile: scenario, onScenario };
    const pace = fast ? "none" : "human";
    const options = { port, tls, pace, onRequest, ...fromFile, ...recordings(values) } as const;
    const server = await startEmulator(options).catch((error: unknown) => {
      if (error instanceof Error && /^the (?:scenario|upstream|folder) |\.transcript\.txt:/.test(error.message))
        throw new UsageError(error.message);
      if (!(error instanceof Error && "code" in error)) throw error; // an error of this program
      throw notListening(port, error);
    });
    try {
      await announce(server, json, caOut);
      await interrupted(signal);
    } finally {
      await server.close();
    }
  },
});

interface RecordingValues {
  readonly record: string | undefined;
  readonly upstream: string | undefined;
  readonly omitPrompts: boolean;
  readonly replay: string | undefined;
  readonly originalTiming: boolean;
  readonly strict: boolean;
}

/** @throws {@link UsageError} Options that cannot be combined. */
function recordings(values: RecordingValues): Pick<EmulatorOptions, "record" | "replay"> {
  const { record, upstream, omitPrompts, replay, originalTiming, strict } = values;
  if (record !== undefined && replay !== undefined) throw new UsageError("--record and --replay do not go together");
  if ((record === undefined) !== (upstream === undefined))
    throw new UsageError("--record DIR and --upstream URL go together: what is passed on there is written here");
  if (omitPrompts && record === undefined) throw new UsageError("--omit-prompts goes with --record");
  if (originalTiming && replay === undefined) throw new UsageError("--original-timing goes with --replay");
  if (strict && replay === undefined) throw new UsageError("--strict goes with --replay");
  if (replay !== undefined) return { replay: { folder: replay, timing: originalTiming ? "original" : "none", strict } };
  if (record === undefined || upstream === undefined) return {};
  const agent = upstream.startsWith("https:") ? createHttpsAgent() : createHttpAgent();
  const onError = (error: Error): void => say(`a recording cannot be written: ${error.message}`);
  return { record: { folder: record, upstream, agent, prompts: !omitPrompts, onError } };
}

async function announce(
  { url, caPem, pageUrl }: Pick<Emulator, "url" | "caPem" | "pageUrl">,
  json: boolean,
  caPath: string | undefined,
): Promise<void> {
  if (caPem !== undefined && caPath !== undefined) await writeNamed(caPath, caPem);
  await (json ? output.writeJson({ url, caPem }) : output.write(`${url}\n`));
  if (caPem !== undefined && caPath === undefined && !json)
    say(`the CA certificate, to be put into a file (as --ca-out FILE does):\n${caPem.trimEnd()}`);
  const trust = caPem === undefined ? "" : `CODEX_CA_CERTIFICATE=${caPath ?? "FILE"} `;
  say(`what passes is shown at ${pageUrl}`);
  say(`the emulator listens; try: ${trust}codex-wire respond --base-url ${url} "hello"`);
}
