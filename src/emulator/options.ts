import type { Pace } from "./pace.ts";
import type { RecordedRequest } from "./recording.ts";
import type { Script } from "./script.ts";

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
  /** `true`: 401 without a bearer token; a string: 401 without exactly this one. Default: none is needed. */
  readonly requireAuth?: boolean | string;
  /** Reported with every answer. Default: a made-up account a little into its limits; `false`: no report. */
  readonly rateLimits?: EmulatedRateLimits | false;
  /** Default: the model of the request over HTTP, none in a WebSocket handshake, which names no model. */
  readonly serverModel?: string;
  /** Whether answers and handshakes carry `x-codex-turn-state`, a new value each time. Default false. */
  readonly turnState?: boolean;
  /** `false`: every WebSocket handshake is refused with 426. Default true. */
  readonly websockets?: boolean;
  /** Whether a WebSocket handshake needs `openai-beta: responses_websockets=…`. Default false. */
  readonly requireWebsocketBeta?: boolean;
  /** Age in milliseconds from which a WebSocket refuses requests. Default 3 600 000, as the service. */
  readonly connectionLimitMs?: number;
  /** Requests after which a WebSocket refuses more, in the same way. Default: no limit. */
  readonly connectionMaxRequests?: number;
  /** Largest WebSocket message; a larger one closes with 1009. Default 16 777 216, as the service. */
  readonly maxFrameBytes?: number;
  /** How many requests `requests` keeps, the newest. Default 1000. */
  readonly recordLimit?: number;
  /** Faults and answers of one's own, one step a request. */
  readonly script?: Script;
  /** Called for each request as it arrives, for a log. What it throws is ignored. */
  readonly onRequest?: (request: RecordedRequest) => void;
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
  /** The first request not handed out yet, or the next to arrive. Rejects when the emulator closes first. */
  nextRequest(): Promise<RecordedRequest>;
  /** Resolves once so many HTTP answers since the start are over: sent whole, or cut by either side. */
  waitForClosedResponses(count: number): Promise<void>;
  /** Resolves once so many WebSocket connections since the start are gone. */
  waitForClosedWebsockets(count: number): Promise<void>;
  /** Ends every connection at once and frees the port. Safe to call twice. */
  close(): Promise<void>;
}
