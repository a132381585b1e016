import type { SecureContext, TLSSocket } from "node:tls";
import type { Environment } from "../environment.ts";
import { Failure } from "../failure/failure.ts";
import type { NetworkError } from "../failure/kinds.ts";
import { type Logger, steadyLogger } from "../observe/log.ts";
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
  /** Default `process.env`. */
  readonly env?: Environment | undefined;
  /** A CA bundle of the program's own; the environment's is then not read. Its certificates are added to the ordinary roots as well. */
  readonly ca?: CaSource | undefined;
  /** Key exchange groups, as OpenSSL writes them (`X25519:P-256`). Default: Node's. */
  readonly groups?: string | undefined;
  /** Shown to servers that demand one. */
  readonly clientCertificate?: ClientCertificate | undefined;
  /** Default: nothing is logged. */
  readonly logger?: Logger | undefined;
}

/** For `https.request`, `https.Agent`, `tls.connect`, `ws` and undici's `connect`, which check certificate and host name by themselves. */
export interface TlsOptions {
  /** Given instead of `ca`, which would cost 6 to 20 ms on every connection. */
  readonly secureContext: SecureContext;
}

/** One policy for every TLS connection. Cheap to make anew: equal policies share one context. */
export interface Trust {
  /** What decided about the bundle. */
  readonly selection: CaSelection;
  readonly bundle: CaBundle | undefined;
  /**
   * Puts TLS on a connection that stands; the socket comes only after certificate and host name have passed.
   *
   * @throws {@link NetworkError} Phase `tls` and not retryable for a matter of trust; the message says what is wrong and what to do.
   * @throws {@link AbortedError} `options.signal` fired.
   */
  connect(options: ConnectOptions): Promise<TLSSocket>;
  tlsOptions(): TlsOptions;
  /** Puts a TLS error that broke a standing connection into words; undefined for any other error. */
  explain(error: unknown, host: string): NetworkError | undefined;
  /** What else than a server without TLS can leave a handshake without an answer here. */
  silenceHint(): string | undefined;
  /** Where trusted certificates come from, one origin a line. */
  describe(): string;
}

/**
 * Reads and checks everything the policy names, at once: an unusable bundle is an error when a client is built, never ignored.
 * The ordinary roots are read on the first connection, and stay as they were then until the next trust is made.
 *
 * @throws {@link CaReadError}, {@link CaInvalidError}, {@link CaRejectedError} The bundle cannot be used.
 * @throws {@link BuildError} The client certificate cannot be used.
 * @see The Rust client's custom CA policy. Differs: one policy for HTTPS and WebSocket that nothing can go around, and an unusable bundle
 *   stops both.
 */
export function createTrust(options: TrustOptions = {}): Trust {
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
  const facts: TrustFacts = { selection, bundle, hasClientCertificate: clientCertificate !== undefined, rootProblems };
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
    silenceHint: () => largeHelloHint(),
    describe() {
      const origins = rootsOnce().origins.map(({ name, certificates }) => `${name}: ${certificates} certificates`);
      const note = missingLevelsNote();
      return [describeTrusted(facts), ...origins, ...rootProblems(), ...(note === undefined ? [] : [note])].join("\n");
    },
  };
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
 * Options for the TLS of other programs (`https`, `tls`, `ws`, undici's `connect`), so that a whole application follows one policy.
 *
 * @throws What {@link createTrust} throws.
 */
export function tlsOptions(options?: TrustOptions): TlsOptions {
  return createTrust(options).tlsOptions();
}
