import type { Environment } from "./environment.ts";
import type { HeaderInit } from "./headers.ts";
import type { Logger } from "./observe/log.ts";
import { milliseconds } from "./options.ts";
import { createDialer, type Dialer } from "./route/index.ts";
import { type CaSource, type ClientCertificate, createTrust } from "./trust/index.ts";

/** How connections are made; every field has the default of the typed clients. */
export interface PolicyOptions {
  /** Variables that choose CA bundle and proxy. Default `process.env`, read once. */
  readonly env?: Environment | undefined;
  /** A CA bundle instead of the environment's. */
  readonly ca?: CaSource | undefined;
  /** Shown to servers that demand one (mTLS). */
  readonly clientCertificate?: ClientCertificate | undefined;
  /** A proxy instead of the environment's; false for none. */
  readonly proxy?: string | false | undefined;
  /** Sent to an HTTP proxy with each CONNECT, for one that wants more than `Proxy-Authorization`; a `user-agent` replaces `codex-wire/VERSION`. */
  readonly proxyHeaders?: HeaderInit | undefined;
  /** DNS, TCP, proxy and TLS together, in milliseconds. Default 15 000; 0 for no limit. */
  readonly connectTimeoutMs?: number | undefined;
  readonly logger?: Logger | undefined;
}

/**
 * The dialer of a policy: every connection through it follows the policy, and nothing else opens one.
 *
 * @throws {@link CaReadError}, {@link CaInvalidError}, {@link CaRejectedError} The CA bundle is unusable.
 * @throws {@link BuildError} A proxy setting, the client certificate, a proxy header or the time limit is unusable.
 */
export function dialerOf(options: PolicyOptions): Dialer {
  const { env, ca, clientCertificate, proxy, proxyHeaders, logger, connectTimeoutMs = 0 } = options;
  milliseconds("connectTimeoutMs", connectTimeoutMs);
  return createDialer({ trust: createTrust({ env, ca, clientCertificate, logger }), proxy, proxyHeaders, env, logger });
}
