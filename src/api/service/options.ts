import type { Environment } from "../../client/environment.ts";
import type { Logger } from "../../client/observe/log.ts";
import { object } from "../../client/options.ts";
import type { HttpTransport } from "../../client/transport.ts";
import type { Clock } from "../../client/waiting/clock.ts";
import { type AuthProvider, checkAuth } from "../auth.ts";
import type { Identity } from "../identity.ts";
import type { ProviderConfig } from "../provider.ts";
import type { Telemetry } from "./observer.ts";

/** What a line to the service is made of. */
export interface ServiceOptions {
  readonly provider: ProviderConfig;
  readonly auth: AuthProvider;
  /** Which program asks; the same on every request and handshake. */
  readonly identity?: Identity | undefined;
  readonly telemetry?: Telemetry | undefined;
  /** `console` or pino. Default: silent. */
  readonly logger?: Logger | undefined;
  /** Carries the HTTP requests, and stays the caller's to close. Default: connections of this line's own. */
  readonly transport?: HttpTransport | undefined;
  /** Variables that choose CA bundle and proxy; default `process.env`, read when the line is built. */
  readonly env?: Environment | undefined;
  /** Time as retries see it. Default: the system's. */
  readonly clock?: Clock | undefined;
  /** Spreads retries; uniform in [0, 1). Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** For the checks of options that extend it. */
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

/** @throws {@link BuildError} Untyped callers leave out what a line is made of. */
export function checkServiceOptions(options: ServiceOptions): void {
  object("provider", options.provider, "a provider, such as openaiProvider() makes one");
  checkAuth(options.auth);
}
