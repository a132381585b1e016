import type { Environment } from "./environment.ts";
import type { HeaderInit } from "./headers.ts";
import type { Logger } from "./observe/log.ts";
import { milliseconds } from "./options.ts";
import { createDialer, type Dialer } from "./route/index.ts";
import { type CaSource, type ClientCertificate, createTrust } from "./trust/index.ts";

/** How connections are made: certificates, proxies and the connection time-out. All fields have the defaults of the typed clients. */
export interface PolicyOptions {
  /** Environment variables for CA bundle and proxy, read once. @default `process.env` */
  readonly env?: Environment | undefined;
  /** A CA bundle, e.g. `{ path: "company-ca.pem" }`. @default the file in `CODEX_CA_CERTIFICATE` or `SSL_CERT_FILE` */
  readonly ca?: CaSource | undefined;
  /**
   * Client certificate for servers that require one (mTLS), e.g. `{ cert: { path: "client.pem" }, key: { path: "client-key.pem" } }`. None
   * by default.
   */
  readonly clientCertificate?: ClientCertificate | undefined;
  /**
   * URL of a proxy, e.g. `http://user:password@proxy.example:8080`; `false` for none.
   * @default from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`
   */
  readonly proxy?: string | false | undefined;
  /**
   * Headers sent to an HTTP proxy with each CONNECT, if it needs more than `Proxy-Authorization`; a `user-agent` replaces
   * `codex-wire/VERSION`. None by default.
   */
  readonly proxyHeaders?: HeaderInit | undefined;
  /** Limit for DNS, TCP, proxy and TLS together, in milliseconds; 0 for no limit. @default 15 000 */
  readonly connectTimeoutMs?: number | undefined;
  /** `console`, pino or a similar logger. Silent by default. */
  readonly logger?: Logger | undefined;
}

/** All names of {@link PolicyOptions}, for checks of options that include them. */
export const POLICY_NAMES = {
  env: true,
  ca: true,
  clientCertificate: true,
  proxy: true,
  proxyHeaders: true,
  connectTimeoutMs: true,
  logger: true,
} as const;

/**
 * The dialer of a policy: it opens all connections, and they all follow the policy.
 *
 * @throws {@link CaReadError}, {@link CaInvalidError}, {@link CaRejectedError} The CA bundle cannot be used.
 * @throws {@link BuildError} A proxy setting, the client certificate, a proxy header or the time limit is invalid.
 */
export function dialerOf(options: PolicyOptions): Dialer {
  const { env, ca, clientCertificate, proxy, proxyHeaders, logger, connectTimeoutMs = 0 } = options;
  milliseconds("connectTimeoutMs", connectTimeoutMs);
  return createDialer({ trust: createTrust({ env, ca, clientCertificate, logger }), proxy, proxyHeaders, env, logger });
}
