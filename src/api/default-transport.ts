import type { Environment } from "../client/environment.ts";
import { UndiciTransport } from "../client/http/undici-transport.ts";
import type { Logger } from "../client/log.ts";
import { dialerOf } from "../client/policy.ts";
import type { Dialer } from "../client/route/index.ts";
import type { HttpTransport } from "../client/transport.ts";
import type { ProviderConfig, ProviderLimits } from "./provider.ts";

/**
 * Trust and route of a provider, for HTTP and WebSocket alike.
 *
 * @throws {@link CaReadError}, {@link CaInvalidError}, {@link CaRejectedError} The CA bundle is unusable.
 * @throws {@link BuildError} A proxy setting is.
 */
export function providerDialer(
  provider: ProviderConfig,
  env: Environment | undefined,
  logger: Logger | undefined,
): Dialer {
  const { ca, clientCertificate, proxy } = provider;
  return dialerOf({ env, ca, clientCertificate, proxy, logger });
}

/**
 * The transport of a provider that was given none.
 *
 * @throws What {@link providerDialer} throws.
 */
export function defaultTransport(
  provider: ProviderConfig,
  limits: ProviderLimits,
  env: Environment | undefined,
  logger: Logger | undefined,
): HttpTransport {
  const dialer = providerDialer(provider, env, logger);
  return new UndiciTransport({ dialer, connectTimeoutMs: limits.connectTimeoutMs, logger });
}
