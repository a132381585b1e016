import type { Environment } from "../../client/environment.ts";
import { UndiciTransport } from "../../client/http/undici-transport.ts";
import type { Logger } from "../../client/log.ts";
import { dialerOf } from "../../client/policy.ts";
import type { Dialer } from "../../client/route/index.ts";
import { type ProviderConfig, providerLimits } from "../provider.ts";

export interface TransportOptions {
  /** Variables that choose CA bundle and proxy; default `process.env`, read now. */
  readonly env?: Environment | undefined;
  readonly logger?: Logger | undefined;
}

/**
 * Trust and route of a provider, for HTTP and WebSocket alike.
 *
 * @throws {@link CaReadError}, {@link CaInvalidError}, {@link CaRejectedError} The CA bundle is unusable.
 * @throws {@link BuildError} A proxy setting is.
 */
export function providerDialer(provider: ProviderConfig, { env, logger }: TransportOptions): Dialer {
  const { ca, clientCertificate, proxy } = provider;
  return dialerOf({ env, ca, clientCertificate, proxy, logger });
}

/**
 * The HTTP connections of a provider, with its trust, its route and its limits. A client makes one for itself; many clients, such as one for each
 * user of a gateway, share connections where they are given the same one as `transport` (a session: as `httpTransport`). It holds no credentials.
 * Connections that are idle keep no process alive; {@link UndiciTransport.close} ends them.
 *
 * @throws What {@link providerDialer} throws.
 */
export function createTransport(provider: ProviderConfig, options: TransportOptions = {}): UndiciTransport {
  const { connectTimeoutMs } = providerLimits(provider);
  return new UndiciTransport({ dialer: providerDialer(provider, options), connectTimeoutMs, logger: options.logger });
}
