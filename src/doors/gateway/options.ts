import { knownOptions } from "../../client/index.ts";
import type { Inspector } from "../../emulator/workbench/inspector.ts";
import {
  type AuthProvider,
  BuildError,
  type CodexApiOptions,
  type ProviderConfig,
  type TokenUsage,
} from "../../index.ts";
import { isLoopback } from "../../server/index.ts";
import { FORWARDING_NAMES, type ForwardingOptions } from "../forwarding/service.ts";

/** The log entry of a finished request. It contains no prompt and no answer. */
export interface GatewayLogEntry {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  /** 0 if there was no answer. */
  readonly status: number;
  /** The model that the request names. */
  readonly model?: string | undefined;
  /** How the request was sent to the service. */
  readonly carrier?: "websocket" | "http" | undefined;
  /** Which of the gateway's `tokens` the client sent: 1 for the first. */
  readonly token?: number | undefined;
  /** What the service reports at the end of a response. Not known of a client's WebSocket, whose messages are not read. */
  readonly tokenUsage?: TokenUsage | undefined;
  readonly durationMs: number;
  /** Milliseconds from the request to the first piece of a stream. */
  readonly firstEventMs?: number | undefined;
  /** Size of the answer's body. */
  readonly bytes: number;
  /** `cut`: the answer broke off. `left`: the client did not wait for its end. */
  readonly end: "finished" | "cut" | "left";
  /** `kind` and message of the error, if the service could not be asked. */
  readonly error?: string | undefined;
}

/** Where the gateway listens, whom it serves and how much of it, and how it reaches the service. */
export interface GatewayOptions extends ForwardingOptions, Pick<CodexApiOptions, "telemetry" | "logger"> {
  readonly provider: ProviderConfig;
  /** The gateway's credentials for the service. Clients never see them; credentials that clients send are not passed on. */
  readonly auth: AuthProvider;
  /** Address to listen on. Other addresses than loopback require `tokens`. @default `"127.0.0.1"` */
  readonly host?: string | undefined;
  /** @default 0: a free port */
  readonly port?: number | undefined;
  /** Clients send one of these as their key; each is a separate user. By default none is required. */
  readonly tokens?: readonly string[] | undefined;
  /**
   * Names that a `Host` or `Origin` header may contain in addition to `localhost`, addresses and `host`; requests with others are refused,
   * e.g. `["gateway.internal"]`. None by default.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** The largest body of a request for a response, after decompression, in bytes. @default 67 108 864 (64 MiB) */
  readonly maxBodyBytes?: number | undefined;
  /**
   * Limit for the memory of all running requests' bodies together, in bytes, and of the histories of idle sessions, which are freed first.
   * A request above it is refused with 503.
   * @default 268 435 456 (256 MiB), or `maxBodyBytes` if that is more
   */
  readonly maxHeldBytes?: number | undefined;
  /**
   * How often both sides of a client's WebSocket are pinged, in milliseconds; a client that is silent from one ping to the next counts as
   * gone; 0 sends none.
   * @default 25 000
   */
  readonly pingIntervalMs?: number | undefined;
  /** The most requests in progress; more are refused with 503. @default 1000 */
  readonly maxRequests?: number | undefined;
  /** The most connections of clients; more are closed at once. @default 2000 */
  readonly maxClients?: number | undefined;
  /** Called when a request is finished. Not called by default. */
  readonly onRequest?: ((entry: GatewayLogEntry) => void) | undefined;
  /**
   * Observes the traffic, and answers the HTTP requests of its page: a `Workbench` of `codex-wire/emulator` shows the traffic in a browser.
   * None by default.
   */
  readonly inspector?: Inspector | undefined;
}

const OPTIONS = knownOptions<GatewayOptions>("the options of a gateway", {
  ...FORWARDING_NAMES,
  provider: true,
  auth: true,
  host: true,
  port: true,
  tokens: true,
  allowedHosts: true,
  maxBodyBytes: true,
  maxHeldBytes: true,
  pingIntervalMs: true,
  maxRequests: true,
  maxClients: true,
  onRequest: true,
  inspector: true,
});

/** All options with defaults applied. */
export interface GatewaySettings extends GatewayOptions {
  readonly host: string;
  readonly port: number;
  readonly maxBodyBytes: number;
  readonly maxHeldBytes: number;
  readonly pingIntervalMs: number;
  readonly maxRequests: number;
  readonly maxClients: number;
}

const MEBIBYTE = 1024 * 1024;

/** @throws {@link BuildError} Everyone on the network could use the gateway's credentials; or a number is invalid. */
export function gatewaySettings(options: GatewayOptions): GatewaySettings {
  OPTIONS(options);
  for (const name of ["provider", "auth"] as const)
    if (!options[name])
      throw new BuildError(
        `${name} is missing: a gateway needs a provider, e.g. openaiProvider(), and its credentials`,
      );
  const { host = "127.0.0.1", port = 0, tokens, maxBodyBytes = 64 * MEBIBYTE } = options;
  const { maxRequests = 1000, maxClients = 2000, pingIntervalMs = 25_000 } = options;
  const { maxHeldBytes = Math.max(256 * MEBIBYTE, maxBodyBytes) } = options;
  if (!isLoopback(host) && (tokens === undefined || tokens.length === 0))
    throw new BuildError(
      `a gateway that listens on ${host} gives everyone who can reach it the use of its credentials: set tokens, or listen on 127.0.0.1`,
    );
  if (options.inspector && !isLoopback(host))
    throw new BuildError(
      `the page shows prompts to everyone who can reach it: with an inspector the gateway may listen only on loopback, not on ${host}`,
    );
  if (tokens !== undefined && !Array.isArray(tokens))
    throw new BuildError("tokens of the gateway must be a list of texts");
  if (tokens?.some((token) => token.trim() === ""))
    throw new BuildError("one of the gateway's tokens is empty: is the variable set that it comes from?");
  const numbers = { port, maxBodyBytes, maxHeldBytes, maxRequests, maxClients, pingIntervalMs };
  for (const [name, value] of Object.entries(numbers)) {
    if (!Number.isSafeInteger(value) || value < 0)
      throw new BuildError(`${name} of the gateway must be a whole number, 0 or more; it is ${String(value)}`);
  }
  if (port > 65_535) throw new BuildError(`port of the gateway must be 0 to 65535; it is ${port}`);
  if (maxHeldBytes < maxBodyBytes)
    throw new BuildError(
      `maxHeldBytes of the gateway is ${maxHeldBytes}, and a single body may have ${maxBodyBytes} (maxBodyBytes): it must be at least as large`,
    );
  return { ...options, host, ...numbers };
}
