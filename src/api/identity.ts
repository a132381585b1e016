import type { Environment } from "../client/environment.ts";
import { BuildError } from "../client/failure/kinds.ts";
import { type HeaderInit, isSendableHeaderValue, mergeHeaders } from "../client/headers.ts";
import { knownOptions } from "../client/options.ts";
import { packageVersion } from "../client/version.ts";
import { header } from "./headers.ts";
import type { ProviderConfig } from "./provider.ts";
import { userAgent } from "./user-agent.ts";

/** Which program asks: the same on every HTTP request, WebSocket handshake and models query. Source: the Rust client's default headers. */
export interface Identity {
  /**
   * The calling program. Default: the provider's header, else the provider's `originator`, else `codex-wire`. The variable
   * `CODEX_INTERNAL_ORIGINATOR_OVERRIDE` stands for what is given here and for the default.
   */
  readonly originator?: string | undefined;
  /** The whole user agent. Default: made of the originator, the version, the operating system and the terminal. */
  readonly userAgent?: string | undefined;
  /** Stands in parentheses at the end of a user agent that is made here. */
  readonly userAgentSuffix?: string | undefined;
  /** `version`, the version in the user agent, and the one that a models list is asked for. Default: the provider's header, else this package's. */
  readonly clientVersion?: string | undefined;
  /** `x-codex-beta-features`, comma-joined; not sent when there are none. */
  readonly betaFeatures?: readonly string[] | undefined;
  /** `x-openai-internal-codex-residency`: where the data must stay. */
  readonly residency?: "us" | (string & {}) | undefined;
  /** `OpenAI-Organization`. Default: the provider's header. */
  readonly organization?: string | undefined;
  /** `OpenAI-Project`. Default: the provider's header. */
  readonly project?: string | undefined;
  /** Asks for timing events on a WebSocket (`x-responsesapi-include-timing-metrics`). Default false. */
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

/** An identity as headers, and what else of the wire says who asks. */
export interface IdentityFacts {
  readonly clientVersion: string;
  /** Below the provider's headers, which overwrite them. */
  readonly defaults: HeaderInit;
  /** Above the provider's headers: what the caller gave. */
  readonly given: HeaderInit;
  /** The same for a handshake alone. */
  readonly ofHandshake: HeaderInit;
}

/** @throws {@link BuildError} An option is unknown, or the originator cannot stand in a header. */
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
 * The name of the calling program: `CODEX_INTERNAL_ORIGINATOR_OVERRIDE`, else `given`, else the default. An override that no header can
 * carry counts as the default.
 *
 * @throws {@link BuildError} `given` cannot stand in a header.
 */
export function originatorOf(given: string | undefined, env: Environment, byDefault = DEFAULT_ORIGINATOR): string {
  if (given !== undefined && !isLegal(given)) {
    throw new BuildError(
      "originator cannot be sent: only letters, digits and signs of ASCII, spaces and tabs may stand in it",
    );
  }
  const override = env.CODEX_INTERNAL_ORIGINATOR_OVERRIDE;
  if (override) return isLegal(override) ? override : byDefault;
  return given ?? byDefault;
}

function isLegal(originator: string): boolean {
  return originator !== "" && isSendableHeaderValue(originator);
}
