import type { Environment } from "../client/environment.ts";
import { UndiciTransport } from "../client/http/undici-transport.ts";
import type { Logger } from "../client/log.ts";
import { createDialer } from "../client/route/index.ts";
import type { HttpTransport } from "../client/transport.ts";
import { createTrust } from "../client/trust/index.ts";
import type { ProviderConfig, ProviderLimits } from "./provider.ts";

/**
 * The transport of a provider that was given none.
 *
 * @throws {@link CaReadError}, {@link CaInvalidError}, {@link CaRejectedError} The CA bundle is unusable.
 * @throws {@link BuildError} A proxy setting is.
 */
export function defaultTransport(
  provider: ProviderConfig,
  limits: ProviderLimits,
  env: Environment = process.env,
  logger: Logger | undefined,
): HttpTransport {
  const trust = createTrust({ env, ca: provider.ca, clientCertificate: provider.clientCertificate, logger });
  const dialer = createDialer({ trust, proxy: provider.proxy, env, logger });
  return new UndiciTransport({ dialer, connectTimeoutMs: limits.connectTimeoutMs, logger });
}
