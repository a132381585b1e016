import type { SecureContext, TLSSocket } from "node:tls";
import type { Environment } from "../environment.ts";
import { Failure } from "../failure/failure.ts";
import type { NetworkError } from "../failure/kinds.ts";
import { type Logger, steadyLogger } from "../observe/log.ts";
import { knownOptions } from "../options.ts";
import { type CaBundle, loadCaBundle, readCaBundle } from "./bundle.ts";
import { missingLevelsNote } from "./ciphers.ts";
import { type ClientCertificate, loadClientCertificate } from "./client-certificate.ts";
import { sharedContext } from "./context.ts";
import { type ConnectOptions, connect } from "./handshake/connect.ts";
import { describeTrusted, handshakeFailure, type TrustFacts } from "./handshake/failure.ts";
import { largeHelloHint } from "./handshake/large-hello.ts";
import { type OrdinaryRoots, ordinaryRoots } from "./roots.ts";
import { type CaSelection, type CaSource, selectCaBundle } from "./selection.ts";

export interface TrustOptions {
  /** Environment variables for the CA bundle. @default `process.env` */
  readonly env?: Environment | undefined;
  /**
   * A CA bundle; the environment's is then not read. Its certificates are added to the system roots.
   * @default the file in `CODEX_CA_CERTIFICATE` or `SSL_CERT_FILE`
   */
  readonly ca?: CaSource | undefined;
  /** Key exchange groups, in OpenSSL's notation (`X25519:P-256`). @default Node's */
  readonly groups?: string | undefined;
  /** Client certificate for servers that require one (mTLS). None by default. */
  readonly clientCertificate?: ClientCertificate | undefined;
  /** Nothing is logged by default. */
  readonly logger?: Logger | undefined;
}

const OPTIONS = knownOptions<TrustOptions>("the options of trust", {
  env: true,
  ca: true,
  groups: true,
  clientCertificate: true,
  logger: true,
});

/**
 * Options for `https.request`, `https.Agent`, `tls.connect`, `ws` and undici's `connect`, which check certificate and host name themselves.
 */
export interface TlsOptions {
  /** Used instead of `ca`, which would cost 6 to 20 ms per connection. */
  readonly secureContext: SecureContext;
}

/** One policy for every TLS connection. Cheap to create again: equal policies share one context. */
export interface Trust {
  /** The setting that determined the bundle. */
  readonly selection: CaSelection;
  readonly bundle: CaBundle | undefined;
  /**
   * Starts TLS on an open connection. Resolves only after certificate and host name have passed.
   *
   * @throws {@link NetworkError} Phase `tls`. Not retryable if it is about certificates; the message says what is wrong and what to do.
   * @throws {@link AbortedError} `options.signal` fired.
   */
  connect(options: ConnectOptions): Promise<TLSSocket>;
  tlsOptions(): TlsOptions;
  /** Explains a TLS error that broke an open connection; undefined for any other error. */
  explain(error: unknown, host: string): NetworkError | undefined;
  /** What, besides a server without TLS, can leave a handshake unanswered here. */
  silenceHint(): string | undefined;
  /** The sources of trusted certificates, one per line. */
  describe(): string;
}

/**
 * Reads and checks everything that the policy names, at once: an unusable bundle is an error when a client is created, and is never
 * ignored.
 *
 * The system roots are read with the first connection, and are then kept until the next trust is created.
 *
 * @throws {@link CaReadError}, {@link CaInvalidError}, {@link CaRejectedError} The bundle cannot be used.
 * @throws {@link BuildError} The client certificate cannot be used.
 * @see The Rust client's custom CA policy. Differs: one policy for HTTPS and WebSocket that no connection bypasses, and an unusable bundle
 *   stops both.
 */
export function createTrust(options: TrustOptions = {}): Trust {
  OPTIONS(options);
  const { env = process.env, ca } = options;
  const logger = steadyLogger(options.logger);
  const selection = selectCaBundle(env, ca);
  const bundle = ca ? readCaBundle(ca, { logger }) : loadCaBundle(env, { logger });
  const certificateSource = options.clientCertificate;
  const clientCertificate = certificateSource && logFailure(logger, () => loadClientCertificate(certificateSource));
  let roots: OrdinaryRoots | undefined;
  const rootsOnce = () => {
    roots ??= ordinaryRoots(env, logger);
    return roots;
  };
  const rootProblems = () => rootsOnce().problems;
  const problems = () => [...rootProblems(), ...withoutEffect(env)];
  const facts: TrustFacts = { selection, bundle, hasClientCertificate: clientCertificate !== undefined, problems };
  let isNoted = false;
  const context = () => {
    const note = isNoted ? undefined : missingLevelsNote();
    isNoted = true;
    if (note !== undefined) logger.info({}, note);
    return logFailure(logger, () =>
      sharedContext({ roots: rootsOnce(), bundle, clientCertificate, groups: options.groups }),
    );
  };
  return {
    selection,
    bundle,
    connect: (connectOptions) => connect(connectOptions, context, facts),
    tlsOptions: () => ({ secureContext: context() }),
    explain: (error, host) => handshakeFailure(error, host, facts),
    silenceHint: largeHelloHint,
    describe() {
      const origins = rootsOnce().origins.map(({ name, certificates }) => `${name}: ${certificates} certificates`);
      const note = missingLevelsNote();
      return [describeTrusted(facts), ...origins, ...rootProblems(), ...(note === undefined ? [] : [note])].join("\n");
    },
  };
}

/** Who sets it expects a refused certificate to be accepted. */
function withoutEffect(env: Environment): readonly string[] {
  if (env.NODE_TLS_REJECT_UNAUTHORIZED !== "0") return [];
  return ["NODE_TLS_REJECT_UNAUTHORIZED=0 has no effect here: certificates are always checked."];
}

function logFailure<Result>(logger: Logger, build: () => Result): Result {
  try {
    return build();
  } catch (error) {
    if (Failure.is(error)) logger.error({ kind: error.kind }, error.message);
    throw error;
  }
}

/**
 * TLS options for other programs (`https`, `tls`, `ws`, undici's `connect`), so that a whole application follows one policy.
 *
 * @throws The errors of {@link createTrust}.
 */
export function tlsOptions(options?: TrustOptions): TlsOptions {
  return createTrust(options).tlsOptions();
}
