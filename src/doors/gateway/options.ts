import type { Inspector } from "../../emulator/workbench/inspector.ts";
import { type AuthProvider, BuildError, type CodexApiOptions, type ProviderConfig } from "../../index.ts";
import { isLoopback } from "../../server/index.ts";
import type { ForwardingOptions } from "../forwarding/service.ts";

/** What is told of a request when it is over: nothing that was said in it. */
export interface GatewayLogEntry {
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  /** 0 where there was no answer. */
  readonly status: number;
  /** Which the request names. */
  readonly model?: string | undefined;
  /** How the service was asked. */
  readonly carrier?: "websocket" | "http" | undefined;
  readonly durationMs: number;
  /** From the request to the first piece of a stream. */
  readonly firstEventMs?: number | undefined;
  /** Of the answer's body. */
  readonly bytes: number;
  /** `cut`: the answer broke off. `left`: the client did not wait for its end. */
  readonly end: "finished" | "cut" | "left";
  /** `kind` and message of what kept the service from answering. */
  readonly error?: string | undefined;
}

/** Where the gateway listens, whom it serves and how much of it, and how it reaches the service. */
export interface GatewayOptions extends ForwardingOptions, Pick<CodexApiOptions, "telemetry" | "logger"> {
  readonly provider: ProviderConfig;
  /** Stays inside: clients never see it, and what they send in its place goes nowhere. */
  readonly auth: AuthProvider;
  /** Default `127.0.0.1`. Elsewhere than on loopback `tokens` are needed. */
  readonly host?: string | undefined;
  /** Default 0: a free one. */
  readonly port?: number | undefined;
  /** One of these is what clients send as their key; each is a user of his own. Default: none is needed. */
  readonly tokens?: readonly string[] | undefined;
  /** Names that a `Host` header may have beside `localhost`, addresses and `host`; others are refused, and an `Origin` likewise. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Largest body of a request for a response, after decompression, in bytes. Default 64 MiB. */
  readonly maxBodyBytes?: number | undefined;
  /**
   * What all requests under way hold together of their bodies, in bytes of text, and what idle sessions keep to go on from, which gives way first. A request
   * beyond it is refused with 503. Default 256 MiB, or `maxBodyBytes` where that is more.
   */
  readonly maxHeldBytes?: number | undefined;
  /** Both sides of a client's WebSocket are pinged so often, in milliseconds; a client that is silent from one ping to the next is gone. Default 25 000; 0: never. */
  readonly pingIntervalMs?: number | undefined;
  /** Requests under way; more are refused with 503. Default 1000. */
  readonly maxRequests?: number | undefined;
  /** Connections of clients; more are closed at once. Default 2000. */
  readonly maxClients?: number | undefined;
  /** Called when a request is over. */
  readonly onRequest?: ((entry: GatewayLogEntry) => void) | undefined;
  /** Is told what passes, and answers what is asked of it: a `Workbench` of `codex-wire/emulator` shows it in a browser. */
  readonly inspector?: Inspector | undefined;
}

/** Every number decided. */
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

/** @throws {@link BuildError} Everybody on the network could use the gateway's credentials; or a number is unusable. */
export function gatewaySettings(options: GatewayOptions): GatewaySettings {
  const { host = "127.0.0.1", port = 0, tokens, maxBodyBytes = 64 * MEBIBYTE } = options;
  const { maxRequests = 1000, maxClients = 2000, pingIntervalMs = 25_000 } = options;
  const { maxHeldBytes = Math.max(256 * MEBIBYTE, maxBodyBytes) } = options;
  if (!isLoopback(host) && (tokens === undefined || tokens.length === 0))
    throw new BuildError(
      `a gateway that listens on ${host} lends its credentials to everybody who reaches it: give it tokens, or let it listen on 127.0.0.1`,
    );
  if (options.inspector && !isLoopback(host))
    throw new BuildError(
      `the page shows prompts to everybody who reaches it: with an inspector the gateway listens on loopback alone, and not on ${host}`,
    );
  if (tokens?.some((token) => token.trim() === ""))
    throw new BuildError("one of the gateway's tokens is empty: is the variable set that it comes from?");
  const numbers = { port, maxBodyBytes, maxHeldBytes, maxRequests, maxClients, pingIntervalMs };
  for (const [name, value] of Object.entries(numbers)) {
    if (!Number.isSafeInteger(value) || value < 0)
      throw new BuildError(`${name} of the gateway must be a whole number, 0 or more; it is ${String(value)}`);
  }
  if (maxHeldBytes < maxBodyBytes)
    throw new BuildError(
      `maxHeldBytes of the gateway is ${maxHeldBytes}, and one body alone may have ${maxBodyBytes} (maxBodyBytes): it must be as much at least`,
    );
  return { ...options, host, ...numbers };
}
