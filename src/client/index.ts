/**
 * The transport by itself: requests, retries, compression, event streams, WebSockets, certificates and proxies, without any knowledge of the
 * service. {@link createFetch}, {@link createHttpsAgent} and {@link tlsOptions} give other libraries the same certificates and proxies.
 *
 * @module
 */

// It knows no endpoint, no model and no header of the service. `HttpTransport` in `transport.ts` is the interface that can be replaced;
// start reading there, then in `http/undici-transport.ts`.

export type { SentRequest } from "../secrets/index.ts";
export { BodyPieces } from "./body-pieces.ts";
export type { Compression } from "./compression.ts";
export type { Environment } from "./environment.ts";
export { Failure, type Outlook, type Replay } from "./failure/failure.ts";
export {
  AbortedError,
  BuildError,
  HttpError,
  type HttpFields,
  LimitError,
  NetworkError,
  type NetworkFields,
  type NetworkPhase,
  ProtocolError,
  StreamError,
  TimeoutError,
  type TimeoutPhase,
  TransportFailure,
} from "./failure/kinds.ts";
export { type At, outlookOf, type Prospect } from "./failure/outlook.ts";
export { parseRetryAfter } from "./failure/retry-after.ts";
export { FileError, fileError, openRegular, readWhole } from "./files/index.ts";
export { type HeaderInit, type HeaderMap, mergeHeaders } from "./headers.ts";
export { HeldBytes } from "./held-bytes.ts";
export { UndiciTransport, type UndiciTransportOptions } from "./http/undici-transport.ts";
export {
  type AgentPolicyOptions,
  type ConnectWebSocketOptions,
  connectWebSocket,
  createDispatcher,
  createFetch,
  createHttpAgent,
  createHttpsAgent,
  type OpenWebSocket,
  type PolicyOptions,
} from "./interop/index.ts";
export { type LogFields, type Logger, silentLogger, steadyLogger } from "./observe/log.ts";
export { type Blank, blankerOf, blankHeaders, safeUrl } from "./observe/redact.ts";
export type {
  RequestAttempt,
  RetryNotice,
  SkippedEvent,
  StreamDeviation,
  StreamPoll,
  Telemetry,
  WebSocketRequest,
} from "./observe/telemetry.ts";
export type { TraceContext } from "./observe/trace-context.ts";
export { type KnownOptions, knownOptions, nearestName } from "./options.ts";
export { decodeRawData, type RawData, type RawText } from "./raw-text.ts";
export { backoffDelayMs, defaultRetryPolicy, type RetryLayer, type RetryPolicy } from "./retry/policy.ts";
export { type RetryContext, withRetries } from "./retry/retry.ts";
export {
  type ConnectLimits,
  type ConnectStep,
  createDialer,
  DEFAULT_CONNECT_TIMEOUT_MS,
  type Dialer,
  type DialerOptions,
  type DialTarget,
  type DirectRoute,
  describePeer,
  type Forward,
  type Peer,
  PROXY_AUTHENTICATION_REQUIRED,
  PROXY_PROTOCOL_ERROR,
  PROXY_REFUSED,
  type ProxyRoute,
  type ProxyScheme,
  type ProxyUrl,
  type Route,
  type TargetProtocol,
  type TlsUpgrader,
  targetOf,
} from "./route/index.ts";
export { SseDecoder, type SseDecoderOptions, type SseEvent, type SseSink } from "./sse/index.ts";
export type {
  ByteSink,
  ByteStream,
  HttpRequest,
  HttpResponse,
  HttpStreamResponse,
  HttpTransport,
  RequestTimeouts,
  ResponseHead,
} from "./transport.ts";
export {
  type CaBundle,
  type CaBundleOptions,
  type CaBundleSource,
  type CaCertificate,
  type CaError,
  CaInvalidError,
  CaReadError,
  CaRejectedError,
  type CaSelection,
  type CaSource,
  type CaVariable,
  type CaVariableSetting,
  type CertificateFacts,
  type ClientCertificate,
  type ConnectOptions,
  createTrust,
  describeCertificates,
  inspectPeer,
  isTrustFailure,
  loadCaBundle,
  type PeerFacts,
  type PemSource,
  readCaBundle,
  SMALL_GROUPS,
  selectCaBundle,
  type TlsOptions,
  type Trust,
  type TrustOptions,
  tlsOptions,
} from "./trust/index.ts";
export { type Clock, systemClock } from "./waiting/clock.ts";
export { IdleTimer } from "./waiting/idle-timer.ts";
export { bodyExcerpt } from "./wording/body-excerpt.ts";
