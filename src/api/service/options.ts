import type { Environment } from "../../client/environment.ts";
import type { Logger } from "../../client/observe/log.ts";
import { object } from "../../client/options.ts";
import type { HttpTransport } from "../../client/transport.ts";
import type { Clock } from "../../client/waiting/clock.ts";
import type { AuthProvider } from "../auth.ts";
import type { Identity } from "../identity.ts";
import type { ProviderConfig } from "../provider.ts";
import type { Telemetry } from "./observer.ts";

/** Options for talking to a service. */
export interface ServiceOptions {
  readonly provider: ProviderConfig;
  readonly auth: AuthProvider;
  /** The calling program, the same for every request and handshake. @default see {@link Identity} */
  readonly identity?: Identity | undefined;
  /** Hooks for metrics and traces. None by default. */
  readonly telemetry?: Telemetry | undefined;
  /** `console`, pino or a similar logger. Silent by default. */
  readonly logger?: Logger | undefined;
  /** Sends the HTTP requests; the caller has to close it. @default built-in connections */
  readonly transport?: HttpTransport | undefined;
  /** Environment variables for CA bundle and proxy, read when the client is made. @default `process.env` */
  readonly env?: Environment | undefined;
  /** Clock for retries. @default the system's */
  readonly clock?: Clock | undefined;
  /** Random numbers for the jitter of retries, uniform in [0, 1). @default `Math.random` */
  readonly random?: (() => number) | undefined;
}

/** @throws {@link BuildError} It is no object. */
export function checkedProvider(provider: ProviderConfig): ProviderConfig {
  return object("provider", provider, "a provider, such as openaiProvider() makes one");
}

/** For option checks that extend this one. */
export const SERVICE_NAMES = {
  provider: true,
  auth: true,
  identity: true,
  telemetry: true,
  logger: true,
  transport: true,
  env: true,
  clock: true,
  random: true,
} as const;
