import type { Environment } from "../client/environment.ts";
import { BuildError } from "../client/failure/kinds.ts";
import { type HeaderInit, isSendableHeaderValue, mergeHeaders } from "../client/headers.ts";
import { knownOptions } from "../client/options.ts";
import { packageVersion } from "../client/version.ts";
import { header } from "./headers.ts";
import type { ProviderConfig } from "./provider.ts";
import { userAgent } from "./user-agent.ts";

/**
 * The calling program, the same for every HTTP request, WebSocket handshake and models request. Source: the Rust client's default headers.
 */
export interface Identity {
  /**
   * Name of the calling program, e.g. `my-agent`. The variable `CODEX_INTERNAL_ORIGINATOR_OVERRIDE` takes precedence over it and over the
   * default.
   * @default the provider's header, else the provider's `originator`, else `codex-wire`
   */
  readonly originator?: string | undefined;
  /** The whole user agent. @default made of the originator, the version, the operating system and the terminal */
  readonly userAgent?: string | undefined;
  /** Added in parentheses at the end of the default user agent. Nothing by default. */
  readonly userAgentSuffix?: string | undefined;
  /**
   * Sent as `version`, in the user agent, and with the request for the models list.
   * @default the provider's header, else this package's version
   */
  readonly clientVersion?: string | undefined;
  /** Sent as `x-codex-beta-features`, comma-joined. Not sent by default. */
  readonly betaFeatures?: readonly string[] | undefined;
  /** Sent as `x-openai-internal-codex-residency`: where the data must be stored. Not sent by default. */
  readonly residency?: "us" | (string & {}) | undefined;
  /** Sent as `OpenAI-Organization`. @default the provider's header */
  readonly organization?: string | undefined;
  /** Sent as `OpenAI-Project`. @default the provider's header */
  readonly project?: string | undefined;
  /** Request timing events on a WebSocket (`x-responsesapi-include-timing-metrics`). @default `false` */
  readonly includeTimingMetrics?: boolean | undefined;
}

const IDENTITY = knownOptions<Identity>("identity", {
  originator: true,
  userAgent: true,
  userAgentSuffix: true,
  clientVersion: true,
  betaFeatures: true,
  residency: true,
  organization: true,
  project: true,
  includeTimingMetrics: true,
});

const DEFAULT_ORIGINATOR = "codex-wire";

/** An identity as headers and other data. */
export interface IdentityFacts {
  readonly clientVersion: string;
  /** Headers that the provider's overwrite. */
  readonly defaults: HeaderInit;
  /** Headers given by the caller, which overwrite the provider's. */
  readonly given: HeaderInit;
  /** Headers of a WebSocket handshake only. */
  readonly ofHandshake: HeaderInit;
}

/** @throws {@link BuildError} An option is unknown, or the originator cannot be sent in a header. */
export function identityOf(
  identity: Identity | undefined,
  provider: ProviderConfig,
  env: Environment = process.env,
): IdentityFacts {
  const given = identity ?? {};
  IDENTITY(given);
  const byDefault = provider.originator ?? DEFAULT_ORIGINATOR;
  const originator = originatorOf(given.originator, env, byDefault);
  const ofProvider = mergeHeaders(provider.headers);
  const version = given.clientVersion ?? ofProvider[header.version] ?? packageVersion;
  const { userAgentSuffix: suffix } = given;
  const product = given.originator === undefined ? (ofProvider[header.originator] ?? originator) : originator;
  return {
    clientVersion: version,
    defaults: {
      [header.userAgent]: userAgent({ product, version, suffix, env }),
      [header.originator]: originator,
      [header.version]: version,
    },
    given: {
      [header.userAgent]: given.userAgent,
      [header.originator]: given.originator === undefined ? undefined : originator,
      [header.version]: given.clientVersion,
      [header.residency]: given.residency,
      [header.organization]: given.organization,
      [header.project]: given.project,
      [header.betaFeatures]: given.betaFeatures?.join(",") || undefined,
    },
    ofHandshake: { [header.timingMetrics]: given.includeTimingMetrics ? "true" : undefined },
  };
}

/**
 * The name of the calling program: `CODEX_INTERNAL_ORIGINATOR_OVERRIDE`, else `given`, else the default. An override that cannot be sent in
 * a header is replaced by the default.
 *
 * @throws {@link BuildError} `given` cannot be sent in a header.
 */
export function originatorOf(given: string | undefined, env: Environment, byDefault = DEFAULT_ORIGINATOR): string {
  if (given !== undefined && !isLegal(given)) {
    throw new BuildError(
      "originator cannot be sent: it may contain only ASCII letters, digits and punctuation, spaces and tabs",
    );
  }
  const override = env.CODEX_INTERNAL_ORIGINATOR_OVERRIDE;
  if (override) return isLegal(override) ? override : byDefault;
  return given ?? byDefault;
}

function isLegal(originator: string): boolean {
  return originator !== "" && isSendableHeaderValue(originator);
}
