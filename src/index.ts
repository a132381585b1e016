/**
 * The public API of `codex-wire`. Start with {@link CodexApi}; the generic transport below it is the entry `codex-wire/client`. Anything that
 * is not listed here may change at any time.
 *
 * "The Rust client" in these descriptions means the crates `codex-client` and `codex-api` of the Codex CLI, as of March 2026. Each
 * difference from it is a row of `docs/parity.md`; `parity: …` names the row.
 *
 * @module
 */
export { type AuthProvider, type AuthRequest, apiKeyAuth, type Credentials, noAuth } from "./api/auth.ts";
export { CodexApi, type CodexApiOptions } from "./api/codex-api.ts";
export { type CodexAuth, type CodexAuthOptions, codexAuth } from "./api/codex-auth.ts";
export { jsonSchemaFormat } from "./api/compose/format.ts";
export {
  functionOutput,
  type InlineBytes,
  type InputFileOptions,
  type InputImageOptions,
  inputFile,
  inputImage,
  type MessageContent,
  systemMessage,
  type ToolResult,
  type UploadedSource,
  userMessage,
} from "./api/compose/messages.ts";
export type { OutputReading, ReadingProblem, ToolCall, ToolCallOf } from "./api/compose/read-output.ts";
export { type CustomCallOf, customTool, type FunctionCallOf, functionTool } from "./api/compose/tools.ts";
export { unlisted } from "./api/compose/unlisted.ts";
export { type CallOptions, CallsClient, type CreatedCall } from "./api/endpoints/calls.ts";
export { CompactClient } from "./api/endpoints/compact/client.ts";
export type { CompactionForm, CompactOptions } from "./api/endpoints/compact/options.ts";
export type { CompactionInput } from "./api/endpoints/compact/shape.ts";
export type { FileObject } from "./api/endpoints/files/answers.ts";
export {
  type FileListOptions,
  type FilePurpose,
  FilesClient,
  UPLOAD_LIMIT_BYTES,
  type UploadedFile,
  type UploadOptions,
  type UploadProgress,
} from "./api/endpoints/files/client.ts";
export type { FileSource } from "./api/endpoints/files/source.ts";
export { ImagesClient } from "./api/endpoints/images/client.ts";
export type { CompletedImage, ImageStreamEvent, PartialImage } from "./api/endpoints/images/events.ts";
export type {
  GeneratedImage,
  ImageEditRequest,
  ImageGenerationRequest,
  ImageReference,
  ImageResponse,
} from "./api/endpoints/images/shape.ts";
export type { ImageStream } from "./api/endpoints/images/stream.ts";
export { MemoriesClient, type MemoriesOptions } from "./api/endpoints/memories/client.ts";
export type { MemorySummarizeInput, MemorySummarizeOutput, RawMemory } from "./api/endpoints/memories/shape.ts";
export { ModelsCache, type ModelsCacheOptions } from "./api/endpoints/models/cache.ts";
export { ModelsClient, type ModelsList, type ModelsListOptions } from "./api/endpoints/models/client.ts";
export {
  type AuthMode,
  autoCompactTokenLimit,
  defaultModel,
  defaultReasoningEffort,
  isShownInPicker,
  modelInfoFor,
  modelInstructions,
  type Personality,
  pickerModels,
  supportsPersonality,
} from "./api/endpoints/models/facts.ts";
export { fallbackModelInfo, type ModelInfo } from "./api/endpoints/models/info.ts";
export {
  SearchClient,
  type SearchCommands,
  type SearchRequest,
  type SearchResponse,
  type SearchSettings,
} from "./api/endpoints/search.ts";
export type { Identity } from "./api/identity.ts";
export {
  endpointUrl,
  type ProviderConfig,
  type ProviderLimits,
  providerLimits,
  type SessionHeaderNames,
  type WebSocketLimits,
  websocketUrl,
} from "./api/provider.ts";
export {
  azureProvider,
  chatgptProvider,
  lmstudioProvider,
  ollamaProvider,
  openaiProvider,
  openrouterProvider,
  type ProviderOverrides,
  vercelGatewayProvider,
  xaiProvider,
} from "./api/providers.ts";
export type { CreditsSnapshot, RateLimitSnapshot, RateLimitWindow } from "./api/rate-limits.ts";
export { type RealtimeConnectOptions, RealtimeWebSocketClient } from "./api/realtime/client.ts";
export { type ClientSecret, type ClientSecretRequest, ClientSecretsClient } from "./api/realtime/client-secrets.ts";
export type { RealtimeClosure } from "./api/realtime/connection/closure.ts";
export type { RealtimeWebSocketConnection } from "./api/realtime/connection/connection.ts";
export type { RealtimeEvents } from "./api/realtime/connection/reader.ts";
export type { RealtimeAudioData, RealtimeSendOptions, RealtimeWriter } from "./api/realtime/connection/writer.ts";
export {
  type RealtimeCloseReason,
  RealtimeConversation,
  type RealtimeConversationEvent,
  type RealtimeConversationOptions,
} from "./api/realtime/conversation/conversation.ts";
export type { RealtimeFunctionCall } from "./api/realtime/conversation/function-call.ts";
export { RealtimeHistory } from "./api/realtime/conversation/history.ts";
export { responsePhaseOf } from "./api/realtime/conversation/response-phase.ts";
export type {
  AudioEncoding,
  HandoffRequested,
  RealtimeAudioFrame,
  RealtimeErrorEvent,
  RealtimeEvent,
  RealtimeRateLimit,
  TranscriptEntry,
} from "./api/realtime/events.ts";
export { realtimeCallSession } from "./api/realtime/protocol/protocols.ts";
export type { RealtimeUsage, ResponseOutcome, ResponseStatusDetails } from "./api/realtime/response-outcome.ts";
export type {
  RealtimeContentPart,
  RealtimeItem,
  RealtimeResponseParameters,
  RealtimeSession,
  RealtimeTool,
  RealtimeTurnDetection,
} from "./api/realtime/session.ts";
export type {
  RealtimeProtocolName,
  RealtimeSessionConfig,
  RealtimeSessionSettings,
} from "./api/realtime/settings.ts";
export { realtimeEventToWire } from "./api/realtime/wire-form.ts";
export { mapFailedResponse } from "./api/refusal/event.ts";
export { exitStatusOf } from "./api/refusal/exit.ts";
export {
  CancelledError,
  CodexApiError,
  type CodexFailure,
  ContextWindowExceededError,
  IncompleteError,
  InvalidRequestError,
  NotSupportedError,
  QuotaExceededError,
  RateLimitError,
  ResponseGoneError,
  RetryableError,
  ServerOverloadedError,
  SteerFailedError,
  UsageLimitReachedError,
  UsageNotIncludedError,
  type WebhookFault,
  WebhookInvalidError,
} from "./api/refusal/kinds.ts";
export type { PartialResponse } from "./api/refusal/partial.ts";
export type { BackgroundOptions } from "./api/responses/background/options.ts";
export type { ResponsePosition } from "./api/responses/background/position.ts";
export { ResponsesClient } from "./api/responses/client.ts";
export { parseWireEvent } from "./api/responses/events/parse.ts";
export type {
  CompletedEvent,
  CreatedEvent,
  CustomToolCallInputDeltaEvent,
  FrameEvent,
  FunctionCallArgumentsDeltaEvent,
  IncompleteEvent,
  ModelsEtagEvent,
  ModelVerificationsEvent,
  OutputItemAddedEvent,
  OutputItemDoneEvent,
  OutputTextAnnotationAddedEvent,
  OutputTextDeltaEvent,
  RateLimitsEvent,
  ReasoningSummaryPartAddedEvent,
  ReasoningSummaryTextDeltaEvent,
  ReasoningSummaryTextDoneEvent,
  ReasoningTextDeltaEvent,
  RefusalDeltaEvent,
  ResponseEvent,
  RestartedEvent,
  ResumedEvent,
  SafetyBufferingEvent,
  ServerModelEvent,
  ServerReasoningIncludedEvent,
  SteeredEvent,
  TurnModerationMetadataEvent,
  WireEvent,
} from "./api/responses/events/types.ts";
export type { CarrierChoice, ResponsesOptions, StreamOptions } from "./api/responses/options.ts";
export type { TurnCache, WholeCause, WholeReason } from "./api/responses/received/cache-use.ts";
export { itemText } from "./api/responses/received/item-text.ts";
export type { ItemUnderWay } from "./api/responses/received/items.ts";
export type { CollectedResponse, ResponseSnapshot } from "./api/responses/received/received.ts";
export type { Steer, SteerDelivery, SteerInput } from "./api/responses/source.ts";
export type { ResumeOptions } from "./api/responses/stored/client.ts";
export type { InputItems, InputItemsOptions, InputItemsPage } from "./api/responses/stored/input-items.ts";
export type { StoredResponse, StoredStatus } from "./api/responses/stored/response.ts";
export type { EventBatches, ResponseStream } from "./api/responses/stream.ts";
export { ResponsesWebSocketClient } from "./api/responses/websocket/client.ts";
export type { ResponsesWebSocketConnection } from "./api/responses/websocket/connection.ts";
export type { WebSocketConnectOptions, WebSocketStreamOptions } from "./api/responses/websocket/options.ts";
export type { ConversationOptions, SessionSource, UnaryOptions } from "./api/service/call-options.ts";
export { TurnState } from "./api/service/call-options.ts";
export type { ClientOptions } from "./api/service/client.ts";
export type {
  CallEnd,
  CallFacts,
  CallOutcome,
  CallWait,
  Telemetry,
} from "./api/service/observer.ts";
export type { ServiceOptions } from "./api/service/options.ts";
export type { Service } from "./api/service/service.ts";
export type { SessionCache } from "./api/session/cache.ts";
export { END_UNCONFIRMED } from "./api/session/call/retries.ts";
export type { SessionLane } from "./api/session/lanes/lane.ts";
export type {
  ResponsesSessionOptions,
  SessionCallOptions,
  SessionCompactOptions,
  SessionOptions,
} from "./api/session/options.ts";
export { ResponsesSession } from "./api/session/session.ts";
export type { TokenUsage } from "./api/token-usage.ts";
export type { WebhookEvent } from "./api/webhooks/event.ts";
export { verifyWebhook, type WebhookHeaders, type WebhookOptions } from "./api/webhooks/verify.ts";
export type {
  ApplyPatchCallItem,
  ApplyPatchCallOutputItem,
  CodeInterpreterCallItem,
  ComputerCallItem,
  ComputerCallOutputItem,
  ConfigurationUpdateItem,
  FileSearchCallItem,
  HostedItem,
  ItemReference,
  LocalShellCallOutputItem,
  McpApprovalRequestItem,
  McpApprovalResponseItem,
  McpCallItem,
  McpListToolsItem,
  ProgramItem,
  ProgramOutputItem,
  ShellCallItem,
  ShellCallOutputItem,
} from "./api/wire/hosted-items.ts";
export { decodeItem } from "./api/wire/item-decoder.ts";
export type {
  AdditionalToolsItem,
  AgentMessageItem,
  Caller,
  CompactionItem,
  CompactionTriggerItem,
  ContentItem,
  ContextCompactionItem,
  CustomToolCallItem,
  CustomToolCallOutputItem,
  FunctionCallItem,
  FunctionCallOutputItem,
  GhostSnapshotItem,
  ImageDetail,
  ImageGenerationCallItem,
  InputFile,
  InputImage,
  InputText,
  ItemStatus,
  LocalShellCallItem,
  MessageItem,
  MessagePhase,
  OpenString,
  OtherItem,
  OutputText,
  PlainReasoningText,
  PromptCacheBreakpoint,
  ReasoningItem,
  ReasoningText,
  Refusal,
  ResponseItem,
  Role,
  ShellExec,
  ShortMessage,
  SummaryText,
  ToolOutput,
  ToolOutputItem,
  ToolSearchCallItem,
  ToolSearchOutputItem,
  Unlisted,
  UnlistedType,
  WebFindInPage,
  WebOpenPage,
  WebSearch,
  WebSearchCallItem,
} from "./api/wire/items.ts";
export type { JsonObject } from "./api/wire/json.ts";
export type {
  Includable,
  JsonSchemaFormat,
  ReasoningEffort,
  ReasoningParam,
  ResponsesRequest,
  ServiceTier,
  TextFormat,
  TextParam,
  Verbosity,
} from "./api/wire/request-fields.ts";
export type { RequestInput } from "./api/wire/request-input.ts";
export { createTextParam } from "./api/wire/requests.ts";
export type { JsonSchema, SchemaIssue, StandardJsonSchema, StandardSchema } from "./api/wire/schema.ts";
export type {
  ApplyPatchTool,
  CodeInterpreterTool,
  ComparisonFilter,
  CompoundFilter,
  ComputerTool,
  ComputerUsePreviewTool,
  ContainerNetworkPolicy,
  ContainerSkill,
  CustomTool,
  FileSearchTool,
  FunctionTool,
  ImageGenerationTool,
  LocalShellTool,
  McpTool,
  NamespaceTool,
  ProgrammaticToolCallingTool,
  ShellEnvironment,
  ShellTool,
  TextGrammar,
  Tool,
  ToolChoice,
  ToolGrammar,
  ToolSearchTool,
  UserLocation,
  WebSearchPreviewTool,
  WebSearchTool,
} from "./api/wire/tools.ts";
export type { Compression } from "./client/compression.ts";
export type { Environment } from "./client/environment.ts";
export type { Outlook, Replay } from "./client/failure/failure.ts";
export {
  AbortedError,
  BuildError,
  type CaError,
  CaInvalidError,
  CaReadError,
  CaRejectedError,
  HttpError,
  LimitError,
  NetworkError,
  ProtocolError,
  StreamError,
  TimeoutError,
} from "./client/failure/kinds.ts";
export type { HeaderInit } from "./client/headers.ts";
export type { LogFields, Logger } from "./client/observe/log.ts";
export type {
  RequestAttempt,
  RetryNotice,
  SkippedEvent,
  StreamDeviation,
  StreamPoll,
  WebSocketRequest,
} from "./client/observe/telemetry.ts";
export type { TraceContext } from "./client/observe/trace-context.ts";
export type { RetryLayer, RetryPolicy } from "./client/retry/policy.ts";
export type { HttpTransport } from "./client/transport.ts";
export type { CaSource, ClientCertificate } from "./client/trust/index.ts";
export { packageVersion as version } from "./client/version.ts";
export type { Clock } from "./client/waiting/clock.ts";
