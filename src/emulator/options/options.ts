import type { Pace } from "../delivery/pace.ts";
import type { Script } from "../delivery/script.ts";
import type { JournalEntry } from "../journal/journal.ts";
import type { RecordedRequest } from "../journal/recorded-request.ts";
import type { Condition, Scenario } from "../scenario/scenario.ts";
import type { WaitOptions } from "../scenario/waiting.ts";
import type { Traffic } from "../workbench/exchanges/traffic.ts";
import type { UpstreamOptions } from "../workbench/relay/upstream.ts";

/** One window of a rate limit as the service reports it. */
export interface LimitWindow {
  readonly usedPercent: number;
  readonly windowMinutes?: number | undefined;
  /** Unix seconds. */
  readonly resetAt?: number | undefined;
}

export interface LimitFamily {
  readonly limitName?: string | undefined;
  readonly primary?: LimitWindow | undefined;
  readonly secondary?: LimitWindow | undefined;
}

export interface EmulatedRateLimits {
  /** By limit id: `codex` is the usual one; any other (`codex_other`) becomes a header family of its own. */
  readonly families: Readonly<Record<string, LimitFamily>>;
  readonly credits?:
    | { readonly hasCredits: boolean; readonly unlimited: boolean; readonly balance?: string | undefined }
    | undefined;
  /** Only in the `codex.rate_limits` event of a WebSocket, for example `plus`. */
  readonly planType?: string | undefined;
  readonly promoMessage?: string | undefined;
}

export interface EmulatorOptions {
  /** Port to listen on. @default 0: a free one */
  readonly port?: number | undefined;
  /** Where to listen, and the host of `url`; `localhost` and `::1` are useful too. @default `"127.0.0.1"` */
  readonly host?: string | undefined;
  /**
   * `true`: TLS with a temporary certificate authority, created on start, for `localhost`, `127.0.0.1` and `::1`; `caPem` is what to trust.
   * Or a PEM certificate chain and key.
   * @default plain HTTP
   */
  readonly tls?: boolean | { readonly cert: string; readonly key: string } | undefined;
  /** How fast the model writes; the command uses `"human"`. @default `"none"`: at once */
  readonly pace?: Pace | undefined;
  /** The available models; others are refused as by the service. By default every name is accepted. */
  readonly models?: readonly string[] | undefined;
  /** `accept`: unknown parameters are accepted, as by many gateways. @default `"refuse"` */
  readonly unknownParameters?: "refuse" | "accept" | undefined;
  /** Number of input tokens above which a request is refused with `context_length_exceeded`. No limit by default. */
  readonly contextWindow?: number | undefined;
  /**
   * Names that a `Host` header may have in addition to `localhost`, `*.localhost`, addresses and `host`. Others are refused with 403, and
   * so is an `Origin` that is not on this machine: a web page must not reach the emulator under its own name. None by default.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** `true`: 401 without a bearer token; a string: 401 without exactly this one. By default none is required. */
  readonly requireAuth?: boolean | string | undefined;
  /**
   * Rate limits to report, in the headers of answers, and on a WebSocket as `codex.rate_limits` events. They are reported if they are set
   * here, or if the client is a Codex client (by the path `/backend-api`, `chatgpt-account-id` or `originator`). `false`: no report.
   * @default a made-up account that has used some of its limits
   */
  readonly rateLimits?: EmulatedRateLimits | false | undefined;
  /** Name of the model that answers report. @default the requested model over HTTP; none in a WebSocket handshake, which has no model */
  readonly serverModel?: string | undefined;
  /** Whether answers and handshakes carry `x-codex-turn-state`, a new value each time. @default `false` */
  readonly turnState?: boolean | undefined;
  /** `false`: every WebSocket handshake is refused with 426. @default `true` */
  readonly websockets?: boolean | undefined;
  /** Whether a WebSocket handshake needs `openai-beta: responses_websockets=…`. @default `false` */
  readonly requireWebSocketBeta?: boolean | undefined;
  /** Whether handshakes state `maxFrameBytes` in `x-codex-websocket-max-message-bytes`. @default `false` */
  readonly announceMaxFrameBytes?: boolean | undefined;
  /** Whether WebSocket messages are compressed if the client offers it, which is expensive for small events. @default `false` */
  readonly compressFrames?: boolean | undefined;
  /** How long after its start the stream of a background response can be resumed, in milliseconds. @default 300 000 */
  readonly backgroundStreamableMs?: number | undefined;
  /** Age in milliseconds from which a WebSocket refuses requests. @default 3 600 000, like the service */
  readonly connectionLimitMs?: number | undefined;
  /** Number of requests after which a WebSocket refuses more, in the same way. No limit by default. */
  readonly connectionMaxRequests?: number | undefined;
  /** The largest WebSocket message; a larger one closes the connection with 1009. @default 16 777 216, like the service */
  readonly maxFrameBytes?: number | undefined;
  /** How many requests `requests` keeps, the newest. @default 1 000 */
  readonly recordLimit?: number | undefined;
  /** Faults and answers, one step per request; they take precedence over the scenario. None by default. */
  readonly script?: Script | undefined;
  /** Which request gets which answer. By default the built-in model answers all. */
  readonly scenario?: Scenario | undefined;
  /** A file with a scenario: JSON, YAML or a module. It is read again when it changes. None by default. */
  readonly scenarioFile?: string | undefined;
  /**
   * Called when the file was read again: without an argument, or with the error, and then the earlier scenario is kept. Not called by
   * default.
   */
  readonly onScenario?: ((error?: unknown) => void) | undefined;
  /**
   * Passes every HTTP and WebSocket request on to a server, and writes requests and answers to a folder. By default the emulator answers
   * itself.
   */
  readonly record?: RecordOptions | undefined;
  /**
   * Answers from the recordings in a folder; a request without a matching recording is refused with 404, `replay_no_match`. By default
   * nothing is replayed.
   */
  readonly replay?: ReplayOptions | undefined;
  /** Called for each request as it arrives, for a log. Errors that it throws are ignored. Not called by default. */
  readonly onRequest?: ((request: RecordedRequest) => void) | undefined;
}

export interface RecordOptions extends UpstreamOptions {
  /** Created if it does not exist. Existing recordings are kept, and new ones are added after them. */
  readonly folder: string;
  /** `false`: the texts of requests are blanked in the files. Credentials always are. @default `true` */
  readonly prompts?: boolean | undefined;
  /** Called when a recording cannot be written; requests are still passed on. Not called by default. */
  readonly onError?: ((error: Error) => void) | undefined;
}

export interface ReplayOptions {
  readonly folder: string;
  /** `original`: each piece is sent with the same delay after the request as in the recording. @default `"none"`: all at once */
  readonly timing?: "original" | "none" | undefined;
  /**
   * Refuse a request that says something else than its recording, with 404, `replay_no_match`, and the place of the first difference. The
   * order of fields, `prompt_cache_key`, `client_metadata` and what was removed from the recording do not count.
   * @default `false`: it gets the most similar recording
   */
  readonly strict?: boolean | undefined;
}

/** The scenario of a running emulator. */
export interface ScenarioControl {
  /** Uses this scenario from now on, from its beginning. @throws An error that says what is wrong with it. */
  use(scenario: Scenario | Scenario["rules"]): void;
  /** Restarts it: sequences, `times` and `turn`. */
  reset(): void;
}

/** One of several tests that use an emulator at the same time. */
export interface EmulatedTest {
  readonly id: string;
  /** Send these with every request of this test. */
  readonly headers: Readonly<Record<string, string>>;
  readonly requests: readonly RecordedRequest[];
  readonly journal: readonly JournalEntry[];
  /** Like {@link Emulator.waitForRequests}, only for this test. */
  waitForRequests(when: Condition, options?: Omit<WaitOptions, "test">): Promise<readonly JournalEntry[]>;
  /** A scenario only for this test; without one the emulator's, with its own counters. */
  readonly scenario: ScenarioControl;
}

/** A running emulator. */
export interface Emulator extends AsyncDisposable {
  /** The base URL for clients, for example `http://127.0.0.1:49152/v1`. */
  readonly url: string;
  readonly origin: string;
  /** The certificate authority to trust, if `tls` is `true`. */
  readonly caPem?: string;
  /** Requests, handshakes and frames in order of arrival; the newest `recordLimit` of them. */
  readonly requests: readonly RecordedRequest[];
  /** What was decided about each request, and why. */
  readonly journal: readonly JournalEntry[];
  /** The traffic in both directions: the exchanges of the newest requests, and a way to listen. */
  readonly traffic: Pick<Traffic, "exchanges" | "get" | "listen">;
  readonly scenario: ScenarioControl;
  /** A part of the emulator for one test, with its own requests, journal and scenario. @param id - Default: a new one. */
  test(id?: string): EmulatedTest;
  /**
   * Resolves once matching requests have arrived (conditions as in a rule's `when`); at once if they came before.
   *
   * @returns All of them so far.
   * @throws An error after `timeoutMs` (default 5000), or when the emulator is closed, that says which requests came instead and how they
   *   differ.
   */
  waitForRequests(when: Condition, options?: WaitOptions): Promise<readonly JournalEntry[]>;
  /** Address of the page that shows the traffic in a browser. */
  readonly pageUrl: string;
  /** The first request that was not returned yet, or the next to arrive. Rejects if the emulator closes first. */
  nextRequest(): Promise<RecordedRequest>;
  /** Resolves once this many HTTP answers since the start are over: sent completely, or cut by either side. */
  waitForClosedResponses(count: number): Promise<void>;
  /** Resolves once this many WebSocket connections since the start are closed. */
  waitForClosedWebSockets(count: number): Promise<void>;
  /** Closes all connections at once and frees the port. May be called twice; `await using` calls it. */
  close(): Promise<void>;
}
