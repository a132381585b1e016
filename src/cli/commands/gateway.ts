import { type GatewayLogEntry, type GatewayOptions, startGateway } from "../../doors/gateway/index.ts";
import { Workbench } from "../../emulator/index.ts";
import type { CarrierChoice, Logger } from "../../index.ts";
import {
  carrierOption,
  commonOptions,
  idleTimeoutOption,
  type ServiceChoice,
  serviceOptions,
} from "../call-options.ts";
import { defineCommand } from "../command.ts";
import { UsageError } from "../failure.ts";
import { readInput } from "../input.ts";
import { list, portNumber, text, toggle, wholeNumber } from "../options.ts";
import { inLine, output, say } from "../output.ts";
import { chooseService } from "../service/connection.ts";
import { interrupted, notListening, writeNamed } from "../serving.ts";

const DEFAULT_GRACE_MS = 600_000;

/** `codex-wire gateway`: serves until interrupted. The address is the only line on standard output. */
export const gateway = defineCommand({
  name: "gateway",
  about:
    "Runs a server on loopback that passes requests on to the service with credentials that clients never see: clients in any language use its address as\ntheir base URL. After Ctrl-C or SIGTERM it waits for running requests; a second one ends it at once.",
  examples: [
    ["codex-wire gateway --port 8790", "then OPENAI_BASE_URL=http://127.0.0.1:8790/v1 for any program"],
    ["pass show openai | codex-wire gateway --key-stdin", "with a key that is in no variable"],
    ["codex-wire gateway --auth codex --inspect", "with the Codex CLI's login, and the traffic shown in a browser"],
  ],
  options: {
    ...serviceOptions,
    keyStdin: toggle("read the key from standard input"),
    port: portNumber("default: a free one"),
    host: text("HOST", "where to listen; default 127.0.0.1; elsewhere --token-env is needed"),
    tokenEnv: text(
      "NAME",
      "variable with the tokens that clients send as their key, separated by commas; default: none is required",
    ),
    allowHost: list("NAME", "a further name that clients may call this machine by; may be repeated"),
    carrier: carrierOption("auto"),
    idleTimeoutMs: idleTimeoutOption("the next event"),
    maxConnections: wholeNumber("WebSockets to the service; requests beyond them go over HTTP; default 32"),
    maxBodyBytes: wholeNumber("largest body of a request; default 67108864"),
    maxHeldBytes: wholeNumber("memory limit for the bodies of all running requests together; default 268435456"),
    maxRequests: wholeNumber("requests under way; default 1000"),
    maxClients: wholeNumber("connections of clients; default 2000"),
    pingIntervalMs: wholeNumber("between two pings of a client's WebSocket; default 25000; 0: none"),
    graceMs: wholeNumber(`how long to wait for running requests at the end; default ${DEFAULT_GRACE_MS}`),
    serverInfo: text("FILE", 'write {"url":…,"port":…,"pid":…} there as one line once it listens'),
    inspect: toggle("show the traffic, prompts included, in a browser at the gateway's own address"),
    json: toggle("print the address, and then each request, as one line of JSON"),
  },
  commonOptions,
  async run({ values, logger, signal }) {
    const server = await startGateway(await optionsOf(values, logger, signal)).catch((error: unknown) => {
      if (!(error instanceof Error && "syscall" in error)) throw error;
      throw notListening(values.port ?? 0, error);
    });
    const { url, port } = server;
    try {
      const info = { url, port, pid: process.pid };
      if (values.serverInfo !== undefined) await writeNamed(values.serverInfo, `${JSON.stringify(info)}\n`);
      await (values.json ? output.writeJson(info) : output.write(`${url}\n`));
      if (values.inspect) say(`the traffic is shown at ${new URL("/", url)}`);
      const key = values.tokenEnv ? `"\${${values.tokenEnv}%%,*}"` : "none"; // a shell's first of several
      say(`the gateway listens; try: OPENAI_BASE_URL=${url} OPENAI_API_KEY=${key} …`);
      await interrupted(signal);
    } finally {
      const { graceMs = DEFAULT_GRACE_MS } = values;
      if (signal.aborted) say("the gateway accepts no more requests, and ends when the running ones are finished");
      await server.close({ graceMs });
    }
  },
});

interface GatewayValues extends ServiceChoice {
  readonly keyStdin: boolean;
  readonly port: number | undefined;
  readonly host: string | undefined;
  readonly tokenEnv: string | undefined;
  readonly allowHost: readonly string[];
  readonly carrier: CarrierChoice | undefined;
  readonly maxConnections: number | undefined;
  readonly maxBodyBytes: number | undefined;
  readonly maxHeldBytes: number | undefined;
  readonly maxRequests: number | undefined;
  readonly maxClients: number | undefined;
  readonly pingIntervalMs: number | undefined;
  readonly inspect: boolean;
  readonly json: boolean;
}

/** @throws {@link UsageError} There is no key, or a variable is not set. */
async function optionsOf(values: GatewayValues, logger: Logger, signal: AbortSignal): Promise<GatewayOptions> {
  const key = values.keyStdin ? (await readInput("the key", signal)).trim() : undefined;
  if (key === "") throw new UsageError("--key-stdin: there is no key on standard input");
  const { host, port, carrier, clientVersion } = values;
  const { maxConnections, maxBodyBytes, maxHeldBytes, maxRequests, maxClients, pingIntervalMs } = values;
  return {
    ...chooseService(values, key),
    host,
    port,
    carrier,
    logger,
    maxConnections,
    maxBodyBytes,
    maxHeldBytes,
    maxRequests,
    maxClients,
    pingIntervalMs,
    identity: { clientVersion },
    tokens: tokensIn(values.tokenEnv),
    allowedHosts: values.allowHost,
    onRequest: (entry) => (values.json ? void output.writeJson(entry) : say(lineOf(entry))),
    ...(values.inspect
      ? { inspector: new Workbench({ host: host ?? "127.0.0.1", allowedHosts: values.allowHost }) }
      : {}),
  };
}

function tokensIn(name: string | undefined): readonly string[] | undefined {
  if (name === undefined) return undefined;
  const tokens = process.env[name]?.split(",").filter((token) => token.trim() !== "") ?? [];
  if (tokens.length === 0) throw new UsageError(`--token-env names ${name}, which holds no token`);
  return tokens;
}

/** One line per request, without prompts and answers. */
function lineOf({
  method,
  path,
  status,
  model,
  carrier,
  token,
  tokenUsage,
  durationMs,
  firstEventMs,
  bytes,
  end,
  error,
}: GatewayLogEntry): string {
  const parts = [
    `${new Date().toISOString()} ${method} ${inLine(path)} ${status || "-"}`,
    model && inLine(model),
    carrier,
    token && `token ${token}`,
    `${durationMs} ms`,
    firstEventMs === undefined ? undefined : `first ${firstEventMs} ms`,
    `${bytes} bytes`,
    tokenUsage && `${tokenUsage.inputTokens} in, ${tokenUsage.outputTokens} out`,
    end,
    error && inLine(error),
  ];
  return parts.filter((part) => part !== undefined).join(" ");
}
