import type { Pace } from "./delivery/pace.ts";
import type { Script } from "./delivery/script.ts";
import type { JournalEntry } from "./journal/journal.ts";
import type { RecordedRequest } from "./journal/recording.ts";
import type { WaitOptions } from "./journal-wait.ts";
import type { Condition, Scenario } from "./scenario/scenario.ts";
import type { Traffic } from "./workbench/exchanges/traffic.ts";
import type { UpstreamOptions } from "./workbench/relay/upstream.ts";

/** One window of a rate limit as the service reports it. */
export interface LimitWindow {
  readonly usedPercent: number;
  readonly windowMinutes?: number;
  /** Unix seconds. */
  readonly resetAt?: number;
}

export interface LimitFamily {
  readonly limitName?: string;
  readonly primary?: LimitWindow;
  readonly secondary?: LimitWindow;
}

export interface EmulatedRateLimits {
  /** By limit id: `codex` is the ordinary one; any other (`codex_other`) becomes a header family of its own. */
  readonly families: Readonly<Record<string, LimitFamily>>;
  readonly credits?: { readonly hasCredits: boolean; readonly unlimited: boolean; readonly balance?: string };
  /** Only in the `codex.rate_limits` event of a WebSocket, for example `plus`. */
  readonly planType?: string;
  readonly promoMessage?: string;
}

export interface EmulatorOptions {
  /** Default 0: a free one. */
  readonly port?: number;
  /** Where to listen, and the host of `url`. Default `127.0.0.1`; `localhost` and `::1` are the others that make sense. */
  readonly host?: string;
  /**
   * `true`: TLS with a throwaway authority made on start, for `localhost`, `127.0.0.1` and `::1`; `caPem` is what to trust.
   * Or a PEM certificate chain and key of one's own. Default: plain HTTP.
   */
  readonly tls?: boolean | { readonly cert: string; readonly key: string };
  /** How fast the model writes; the command uses `"human"`. Default `"none"`: at once. */
  readonly pace?: Pace;
  /** The models that there are; another is refused as the service does. Default: every name is one. */
  readonly models?: readonly string[];
  /** `accept`: parameters that the service does not know are let through, as many a gateway does. Default `refuse`. */
  readonly unknownParameters?: "refuse" | "accept";
  /** Tokens of input past which a request is refused with `context_length_exceeded`. Default: no limit. */
  readonly contextWindow?: number;
  /**
   * Names that a `Host` header may have beside `localhost`, `*.localhost`, addresses and `host`. Any other is refused with 403, and so is
   * an `Origin` that is not on this machine: a web page must not reach the emulator under a name of its own. None by default.
   */
  readonly allowedHosts?: readonly string[];
  /** `true`: 401 without a bearer token; a string: 401 without exactly this one. Default: none is needed. */
  readonly requireAuth?: boolean | string;
  /**
   * Reported where they are given here or a Codex client asks (by the path `/backend-api`, `chatgpt-account-id` or `originator`): in the
   * headers of answers, on a WebSocket as `codex.rate_limits` events. Default: a made-up account a little into its limits; `false`: no report.
   */
  readonly rateLimits?: EmulatedRateLimits | false;
  /** Default: the model of the request over HTTP, none in a WebSocket handshake, which names no model. */
  readonly serverModel?: string;
  /** Whether answers and handshakes carry `x-codex-turn-state`, a new value each time. Default false. */
  readonly turnState?: boolean;
  /** `false`: every WebSocket handshake is refused with 426. Default true. */
  readonly websockets?: boolean;
  /** Whether a WebSocket handshake needs `openai-beta: responses_websockets=…`. Default false. */
  readonly requireWebSocketBeta?: boolean;
  /** Whether handshakes name `maxFrameBytes` in `x-codex-websocket-max-message-bytes`. Default false. */
  readonly announceMaxFrameBytes?: boolean;
  /** Whether WebSocket messages are compressed where the client offers it. Default false: it is dear for small events. */
  readonly compressFrames?: boolean;
  /** How long after its start the stream of a background response can be taken up again, in milliseconds. Default 300 000. */
  readonly backgroundStreamableMs?: number;
  /** Age in milliseconds from which a WebSocket refuses requests. Default 3 600 000, as the service. */
  readonly connectionLimitMs?: number;
  /** Requests after which a WebSocket refuses more, in the same way. Default: no limit. */
  readonly connectionMaxRequests?: number;
  /** Largest WebSocket message; a larger one closes with 1009. Default 16 777 216, as the service. */
  readonly maxFrameBytes?: number;
  /** How many requests `requests` keeps, the newest. Default 1000. */
  readonly recordLimit?: number;
  /** Faults and answers, one step per request; they take precedence over the scenario. None by default. */
  readonly script?: Script;
  /** Which request gets which answer. By default the built-in model answers all. */
  readonly scenario?: Scenario;
  /** A file with a scenario: JSON, YAML or a module. It is read again when it changes. None by default. */
  readonly scenarioFile?: string;
  /**
   * Called when the file was read again: without an argument, or with the error, and then the earlier scenario is kept. Not called by
   * default.
   */
  readonly onScenario?: (error?: unknown) => void;
  /**
   * Passes every HTTP and WebSocket request on to a server, and writes requests and answers to a folder. By default the emulator answers
   * itself.
   */
  readonly record?: RecordOptions;
  /**
   * Answers from the recordings in a folder; a request without a matching recording is refused with 404, `replay_no_match`. By default
   * nothing is replayed.
   */
  readonly replay?: ReplayOptions;
  /** Called for each request as it arrives, for a log. Errors that it throws are ignored. Not called by default. */
  readonly onRequest?: (request: RecordedRequest) => void;
}

export interface RecordOptions extends UpstreamOptions {
  /** Made where it is missing; recordings that are there already are kept, the new ones come after them. */
  readonly folder: string;
  /** `false`: the texts of requests are blanked in the files. Credentials always are. Default true. */
  readonly prompts?: boolean;
  /** Called when a recording cannot be written; requests are still passed on. Not called by default. */
  readonly onError?: (error: Error) => void;
}

export interface ReplayOptions {
  readonly folder: string;
  /** `original`: each piece comes as long after the request as it did then. Default `none`: all at once. */
  readonly timing?: "original" | "none";
}

/** The scenario of a running emulator. */
export interface ScenarioControl {
  /** From now on this one, from its beginning. @throws An error that says what is wrong with it. */
  use(scenario: Scenario | Scenario["rules"]): void;
  /** Begins it anew: sequences, `times` and `turn`. */
  reset(): void;
}

/** One test among several that use an emulator at the same time. */
export interface EmulatedTest {
  readonly id: string;
  /** To be sent with every request of this test. */
  readonly headers: Readonly<Record<string, string>>;
  readonly requests: readonly RecordedRequest[];
  readonly journal: readonly JournalEntry[];
  /** As {@link Emulator.waitForRequests}, of this test alone. */
  waitForRequests(when: Condition, options?: Omit<WaitOptions, "test">): Promise<readonly JournalEntry[]>;
  /** A scenario for this test alone; without one the emulator's, with a count of its own. */
  readonly scenario: ScenarioControl;
}

/** A running emulator. */
export interface Emulator {
  /** What clients take as base URL, for example `http://127.0.0.1:49152/v1`. */
  readonly url: string;
  readonly origin: string;
  /** The authority to trust, when `tls` is `true`. */
  readonly caPem?: string;
  /** Requests, handshakes and frames in order of arrival; the newest `recordLimit` of them. */
  readonly requests: readonly RecordedRequest[];
  /** What was decided about each request, and why. */
  readonly journal: readonly JournalEntry[];
  /** What passes, both ways: the exchanges of the newest requests, and a way to listen. */
  readonly traffic: Pick<Traffic, "exchanges" | "get" | "listen">;
  readonly scenario: ScenarioControl;
  /** A part of the emulator for one test: its own requests, journal and scenario. @param id - default: a new one. */
  test(id?: string): EmulatedTest;
  /**
   * Resolves once requests came that are like this, as a rule's `when`; at once where they came before.
   *
   * @returns All of them so far.
   * @throws An error after `timeoutMs` (default 5000), or when the emulator is closed, that says what came instead and how that differs.
   */
  waitForRequests(when: Condition, options?: WaitOptions): Promise<readonly JournalEntry[]>;
  /** Where a browser shows what passes. */
  readonly pageUrl: string;
  /** The first request not handed out yet, or the next to arrive. Rejects when the emulator closes first. */
  nextRequest(): Promise<RecordedRequest>;
  /** Resolves once so many HTTP answers since the start are over: sent whole, or cut by either side. */
  waitForClosedResponses(count: number): Promise<void>;
  /** Resolves once so many WebSocket connections since the start are gone. */
  waitForClosedWebSockets(count: number): Promise<void>;
  /** Ends every connection at once and frees the port. Safe to call twice. */
  close(): Promise<void>;
}
