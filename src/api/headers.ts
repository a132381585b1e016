import { type HeaderMap, isSendableHeaderValue } from "../client/headers.ts";

/** Header names of the service, each defined once; in lower case. */
export const header = {
  accountId: "chatgpt-account-id",
  activeLimit: "x-codex-active-limit",
  authorizationError: "x-openai-authorization-error",
  betaFeatures: "x-codex-beta-features",
  cfRay: "cf-ray",
  clientRequestId: "x-client-request-id",
  errorJson: "x-error-json",
  modelsEtag: "x-models-etag",
  oaiRequestId: "x-oai-request-id",
  openaiBeta: "openai-beta",
  openaiModel: "openai-model",
  organization: "openai-organization",
  originator: "originator",
  project: "openai-project",
  promoMessage: "x-codex-promo-message",
  realtimeSessionId: "x-session-id",
  reasoningIncluded: "x-reasoning-included",
  requestId: "x-request-id",
  residency: "x-openai-internal-codex-residency",
  safetyBufferingEnabled: "x-codex-safety-buffering-enabled",
  safetyBufferingFasterModel: "x-codex-safety-buffering-faster-model",
  sessionId: "session-id",
  sessionIdUnderscore: "session_id",
  subagent: "x-openai-subagent",
  threadId: "thread-id",
  timingMetrics: "x-responsesapi-include-timing-metrics",
  turnMetadata: "x-codex-turn-metadata",
  turnState: "x-codex-turn-state",
  maxMessageBytes: "x-codex-websocket-max-message-bytes",
  userAgent: "user-agent",
  version: "version",
} as const;

/** A header's value if it is visible ASCII; any other value counts as absent, as in the Rust client. */
export function headerText(headers: HeaderMap, name: string): string | undefined {
  const value = headers[name];
  return value !== undefined && isSendableHeaderValue(value) ? value : undefined;
}

/** The id with which the service can look up the request. */
export function requestIdOf(headers: HeaderMap): string | undefined {
  return headerText(headers, header.requestId) ?? headerText(headers, header.oaiRequestId);
}
