import type { Environment } from "../client/environment.ts";
import { BuildError } from "../client/failure/kinds.ts";
import { type HeaderInit, isSendableHeaderValue, mergeHeaders } from "../client/headers.ts";
import { header } from "./headers.ts";
import type { SessionHeaderNames } from "./provider.ts";
import { userAgent } from "./user-agent.ts";

/** Who calls, as headers of every request and handshake. Source: the reference's default headers and those of its session. */
export interface IdentityOptions {
  /**
   * The calling program. Default: the provider's header, else `codex_cli_rs`, the reference's; the variable
   * `CODEX_INTERNAL_ORIGINATOR_OVERRIDE` stands for what is given here and for the reference's.
   */
  readonly originator?: string | undefined;
  /** Stands in parentheses at the end of the user agent, which a header of the provider replaces. */
  readonly userAgentSuffix?: string | undefined;
  /** `version`, and the version in the user agent. Default: the provider's header, and this package's version. */
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

const DEFAULT_ORIGINATOR = "codex_cli_rs";

/**
 * The name of the calling program: `CODEX_INTERNAL_ORIGINATOR_OVERRIDE`, else `given`, else the reference's own. An override that no
 * header can carry counts as the default.
 *
 * @throws {@link BuildError} `given` cannot stand in a header.
 */
export function originatorOf(given: string | undefined, env: Environment): string {
  if (given !== undefined && !isLegal(given)) {
    throw new BuildError(
      "originator cannot be sent: only letters, digits and signs of ASCII, spaces and tabs may stand in it",
    );
  }
  const override = env.CODEX_INTERNAL_ORIGINATOR_OVERRIDE;
  if (override) return isLegal(override) ? override : DEFAULT_ORIGINATOR;
  return given ?? DEFAULT_ORIGINATOR;
}

function isLegal(originator: string): boolean {
  return originator !== "" && isSendableHeaderValue(originator);
}

/** The same identity on both carriers: a handshake says no user agent, an HTTP request asks for no timing. */
export interface IdentityHeaders {
  readonly http: HeaderInit;
  readonly websocket: HeaderInit;
}

/**
 * @param ofProvider - The provider's headers: what the caller gave overwrites them, what nobody gave fills vacant slots alone.
 * @throws {@link BuildError} The originator cannot stand in a header.
 */
export function identityHeaders(
  options: IdentityOptions,
  ofProvider: HeaderInit = {},
  env: Environment = process.env,
): IdentityHeaders {
  const originator = originatorOf(options.originator, env);
  const { clientVersion: version, userAgentSuffix: suffix } = options;
  const taken = mergeHeaders(ofProvider);
  const agent = userAgent({ product: originator, version, suffix, env });
  const shared: HeaderInit = {
    [header.originator]: options.originator === undefined && header.originator in taken ? undefined : originator,
    [header.residency]: options.residency,
    [header.version]: version,
    [header.organization]: options.organization,
    [header.project]: options.project,
    [header.betaFeatures]: options.betaFeatures?.join(",") || undefined,
  };
  return {
    http: { ...shared, [header.userAgent]: header.userAgent in taken ? undefined : agent },
    websocket: { ...shared, [header.timingMetrics]: options.includeTimingMetrics ? "true" : undefined },
  };
}

/**
 * The conversation's id as headers: `x-client-request-id`, and the session id under the names that the provider wants.
 *
 * @param names - Default `underscore`, as the reference of March 2026 has it; later ones send `session-id` and `thread-id`.
 */
export function conversationHeaders(
  conversationId: string | undefined,
  names: SessionHeaderNames = "underscore",
): HeaderInit {
  const underscore = names === "hyphen" ? undefined : conversationId;
  const hyphen = names === "underscore" ? undefined : conversationId;
  return {
    [header.clientRequestId]: conversationId,
    [header.sessionIdUnderscore]: underscore,
    [header.sessionId]: hyphen,
    [header.threadId]: hyphen,
  };
}

/** A turn's metadata as JSON text; an object is written as such. */
export function turnMetadataText(metadata: string | object | undefined): string | undefined {
  return typeof metadata === "object" ? JSON.stringify(metadata) : metadata;
}

/** Left out, without a word, where a header cannot carry it, as in the reference: a folder's name outside ASCII is enough. */
export function turnMetadataHeader(text: string | undefined): HeaderInit {
  return text !== undefined && isSendableHeaderValue(text) ? { [header.turnMetadata]: text } : {};
}
