import ts from "typescript";
import { describe, expect, test } from "vitest";
import { readProjectFile } from "../support/project-files.ts";

interface Entry {
  readonly name: string;
  readonly file: string;
  load(): Promise<object>;
  readonly values: readonly string[];
  readonly types: readonly string[];
}

/** What users may import, complete. A name that goes is a breaking change; a name that comes needs a line in CHANGELOG.md. */
const ENTRIES: readonly Entry[] = [
  {
    name: "codex-api",
    file: "src/index.ts",
    load: () => import("../../src/index.ts"),
    values: [
      "AbortedError",
      "BuildError",
      "CaInvalidError",
      "CaReadError",
      "CaRejectedError",
      "CallsClient",
      "CodexApiError",
      "CompactClient",
      "ContextWindowExceededError",
      "FilesClient",
      "HttpError",
      "ImagesClient",
      "IncompleteResponseError",
      "InvalidRequestError",
      "MemoriesClient",
      "ModelsCache",
      "ModelsClient",
      "NetworkError",
      "QuotaExceededError",
      "RateLimitError",
      "ResponsesClient",
      "ResponsesSession",
      "ResponsesWebsocketClient",
      "RetryableError",
      "SearchClient",
      "ServerOverloadedError",
      "StreamError",
      "TimeoutError",
      "TurnState",
      "UPLOAD_LIMIT_BYTES",
      "UsageLimitReachedError",
      "UsageNotIncludedError",
      "apiKeyAuth",
      "autoCompactTokenLimit",
      "azureProvider",
      "chatgptProvider",
      "codexAuth",
      "createTextParam",
      "defaultModel",
      "defaultReasoningEffort",
      "fallbackModelInfo",
      "isShownInPicker",
      "lmstudioProvider",
      "modelInfoFor",
      "modelInstructions",
      "noAuth",
      "ollamaProvider",
      "openaiProvider",
      "pickerModels",
      "supportsPersonality",
      "version",
    ],
    types: [
      "AuthMode",
      "AuthProvider",
      "CallOptions",
      "ClientOptions",
      "CodexAuth",
      "CodexAuthOptions",
      "CollectedResponse",
      "CompactOptions",
      "CompactionForm",
      "CompactionInput",
      "Compression",
      "CreatedCall",
      "CreditsSnapshot",
      "FileSource",
      "FilesClientOptions",
      "HttpTransport",
      "ImageEditRequest",
      "ImageGenerationRequest",
      "ImageResponse",
      "Logger",
      "MemoriesOptions",
      "MemorySummarizeInput",
      "MemorySummarizeOutput",
      "ModelInfo",
      "ModelsCacheOptions",
      "ModelsList",
      "ModelsListOptions",
      "Personality",
      "ProviderConfig",
      "ProviderOverrides",
      "RateLimitSnapshot",
      "RateLimitWindow",
      "RawMemory",
      "ResponseEvent",
      "ResponseItem",
      "ResponseStream",
      "ResponsesOptions",
      "ResponsesRequest",
      "ResponsesSessionOptions",
      "ResponsesWebsocketConnection",
      "RetryPolicy",
      "SearchCommands",
      "SearchRequest",
      "SearchResponse",
      "SearchSettings",
      "SessionCallOptions",
      "SessionSource",
      "Telemetry",
      "TokenUsage",
      "TraceContext",
      "TransportChoice",
      "UnaryOptions",
      "UploadOptions",
      "UploadProgress",
      "UploadedFile",
      "WebsocketConnectOptions",
      "WebsocketStreamOptions",
    ],
  },
  {
    name: "codex-api/client",
    file: "src/client/index.ts",
    load: () => import("../../src/client/index.ts"),
    values: [
      "AbortedError",
      "BuildError",
      "CaError",
      "CaInvalidError",
      "CaReadError",
      "CaRejectedError",
      "CodexApiError",
      "HttpError",
      "NetworkError",
      "PROXY_AUTHENTICATION_REQUIRED",
      "PROXY_PROTOCOL_ERROR",
      "PROXY_REFUSED",
      "SseDecoder",
      "StreamError",
      "TimeoutError",
      "UndiciTransport",
      "backoffDelayMs",
      "connectWebSocket",
      "createDialer",
      "createDispatcher",
      "createFetch",
      "createHttpAgent",
      "createHttpsAgent",
      "createTrust",
      "defaultRetryPolicy",
      "isTrustFailure",
      "loadCaBundle",
      "mergeHeaders",
      "parseRetryAfter",
      "readCaBundle",
      "selectCaBundle",
      "silentLogger",
      "systemClock",
      "tlsOptions",
      "withRetries",
    ],
    types: [
      "ByteSink",
      "ByteStream",
      "CaBundle",
      "CaBundleOptions",
      "CaBundleSource",
      "CaCertificate",
      "CaSelection",
      "CaSource",
      "CaVariable",
      "CaVariableSetting",
      "ClientCertificate",
      "Clock",
      "Compression",
      "ConnectLimits",
      "ConnectWebSocketOptions",
      "DialTarget",
      "Dialer",
      "DialerOptions",
      "DirectRoute",
      "Environment",
      "Forward",
      "HeaderInit",
      "HeaderMap",
      "HttpErrorFields",
      "HttpRequest",
      "HttpResponse",
      "HttpStreamResponse",
      "HttpTransport",
      "LogFields",
      "Logger",
      "NetworkErrorFields",
      "NetworkPhase",
      "OpenWebSocket",
      "PemSource",
      "PolicyOptions",
      "ProxyRoute",
      "ProxyScheme",
      "ProxyUrl",
      "RequestAttempt",
      "RequestTimeouts",
      "ResponseHead",
      "RetryContext",
      "RetryNotice",
      "RetryPolicy",
      "Route",
      "SkippedEvent",
      "SseDecoderOptions",
      "SseEvent",
      "SseSink",
      "StreamPoll",
      "TargetProtocol",
      "Telemetry",
      "TimeoutPhase",
      "TlsOptions",
      "TraceContext",
      "Trust",
      "TrustOptions",
      "UndiciTransportOptions",
      "WebsocketRequest",
    ],
  },
  {
    name: "codex-api/emulator",
    file: "src/emulator/index.ts",
    load: () => import("../../src/emulator/index.ts"),
    values: ["startEmulator"],
    types: [
      "EmulatedRateLimits",
      "Emulator",
      "EmulatorOptions",
      "LimitFamily",
      "LimitWindow",
      "Pace",
      "RecordedRequest",
      "Script",
      "Step",
      "StepAnswer",
      "StepHeaders",
      "StepItems",
    ],
  },
];

interface Exports {
  readonly values: readonly string[];
  readonly types: readonly string[];
}

/** What an entry's source lists, and `*` where it passes on whatever another file exports. */
function listedExports(text: string): Exports {
  const values: string[] = [];
  const types: string[] = [];
  ts.createSourceFile("entry.ts", text, ts.ScriptTarget.ES2023).forEachChild((node) => {
    if (!ts.isExportDeclaration(node)) return;
    if (!node.exportClause || !ts.isNamedExports(node.exportClause)) values.push("*");
    else {
      for (const { name, isTypeOnly } of node.exportClause.elements) {
        (isTypeOnly || node.isTypeOnly ? types : values).push(name.text);
      }
    }
  });
  return { values: values.sort(), types: types.sort() };
}

describe.each(ENTRIES)("$name", ({ file, load, values, types }) => {
  test("lists the names that were promised, one by one", () => {
    expect(listedExports(readProjectFile(file))).toEqual({ values, types });
  });

  test("gives those values when it is imported", async () => {
    expect(Object.keys(await load()).sort()).toEqual(values);
  });
});

test("package.json exports these entries and no file behind them", () => {
  const { exports } = JSON.parse(readProjectFile("package.json")) as { exports: Record<string, unknown> };
  const names = Object.keys(exports).map((key) => `codex-api${key.slice(1)}`);
  expect(names).toEqual([...ENTRIES.map(({ name }) => name), "codex-api/package.json"]);
});
