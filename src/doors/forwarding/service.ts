import type { PolicyOptions } from "../../client/index.ts";
import {
  CodexApi,
  CodexApiError,
  type CodexApiOptions,
  noAuth,
  type ProviderConfig,
  type ResponsesSession,
  type SessionCallOptions,
  type SessionOptions,
} from "../../index.ts";
import { SessionPool } from "../session-pool.ts";
import { type Asked, inputItems, sentBody } from "./asked.ts";
import { collected } from "./collected.ts";
import { Frames } from "./frames.ts";
import { conversationKey, forwardable, parted } from "./headers.ts";
import type { OwnCredentials } from "./own-credentials.ts";
import { refusalIn, refusalOf, type WholeAnswer } from "./refusal.ts";

/** How responses are requested for other programs. */
export interface ForwardingOptions
  extends Omit<CodexApiOptions, "provider" | "auth">,
    Pick<SessionOptions, "carrier" | "compression" | "headers" | "maxConnectionAgeMs" | "maxFrameBytes"> {
  /** The most WebSockets, including idle ones; requests beyond that go over HTTP. @default 32 */
  readonly maxConnections?: number | undefined;
}

/** All names of {@link ForwardingOptions}, for checks of options that include them. */
export const FORWARDING_NAMES = {
  identity: true,
  telemetry: true,
  logger: true,
  transport: true,
  env: true,
  clock: true,
  random: true,
  carrier: true,
  compression: true,
  headers: true,
  maxConnectionAgeMs: true,
  maxFrameBytes: true,
  maxConnections: true,
} as const satisfies Readonly<Record<keyof ForwardingOptions, true>>;

/** How connections to the provider are made for requests that go through no session. */
export function policyOf(
  provider: ProviderConfig | undefined,
  { env, logger }: Pick<ForwardingOptions, "env" | "logger">,
): PolicyOptions {
  const { ca, clientCertificate, proxy, proxyHeaders, connectTimeoutMs } = provider ?? {};
  return { env, logger, ca, clientCertificate, proxy, proxyHeaders, connectTimeoutMs };
}

/** A streamed answer: read `frames` to their end, or leave them. */
export interface StreamedAnswer {
  readonly status: 200;
  readonly headers: Readonly<Record<string, string>>;
  readonly frames: Frames;
  readonly carrier: "websocket" | "http";
}

const DEFAULT_MAX_CONNECTIONS = 32;
/** How long, in milliseconds, no WebSocket is tried again after one could not be opened. */
const WITHOUT_WEBSOCKET_MS = 10 * 60_000;

/** Headers that a session sets; here the client sets them. */
const NOT_OURS = {
  "x-client-request-id": undefined,
  session_id: undefined,
  "session-id": undefined,
  "thread-id": undefined,
};

/** Failures of the connection, which the client does not know about. */
const OF_OUR_CONNECTION: ReadonlySet<string | undefined> = new Set([
  "previous_response_not_found",
  "websocket_connection_limit_reached",
]);

/**
 * Gets responses of one service for clients that use HTTP: each request goes through a session that knows its conversation, and the answer
 * is the same as over HTTP. Failures that the client can retry are not retried here.
 */
export class ForwardingService {
  readonly #api: CodexApi;
  readonly #options: ForwardingOptions;
  readonly #sessions: SessionPool;
  readonly #own: OwnCredentials | undefined;
  #withoutWebSocketUntil = 0;
  #underWay = 0;

  /**
   * @param own - Credentials that replace those of a request.
   * @throws The errors of `new CodexApi`.
   */
  constructor(provider: ProviderConfig, options: ForwardingOptions, own?: OwnCredentials) {
    const { carrier, compression, headers, maxConnectionAgeMs, maxFrameBytes, maxConnections, ...ofApi } = options;
    this.#options = options;
    this.#own = own;
    this.#api = new CodexApi({
      ...ofApi,
      provider: { ...provider, retry: { ...provider.retry, maxRetries: 0 } },
      auth: own?.auth ?? noAuth(),
    });
    if (own) this.#api.as(own.given); // throws if it is no auth provider, which `own.auth` always is
    const maxOpen = maxConnections ?? DEFAULT_MAX_CONNECTIONS;
    this.#sessions = new SessionPool({ maxOpen, maxIdle: maxOpen });
  }

  /** True while a request or its answer is in progress. */
  get isAtWork(): boolean {
    return this.#underWay > 0;
  }

  /**
   * Requests a response.
   *
   * @param owner - Sessions are shared only within one owner and one set of credentials.
   * @throws The failures of `docs/errors.md` that are not answers of the service.
   */
  async answer(asked: Asked, owner = ""): Promise<StreamedAnswer | WholeAnswer> {
    const { credentials, others } = parted(asked.headers);
    const { session, giveBack: free } = this.#sessionFor(asked, owner, credentials);
    this.#underWay += 1;
    let isOver = false;
    const giveBack = (): void => {
      if (isOver) return;
      isOver = true;
      this.#underWay -= 1;
      free();
    };
    const state = new Asking(asked);
    try {
      if (others["x-codex-turn-state"] === undefined) session.startTurn(); // the client decides which turn a request belongs to
      const isStreamed = asked.body.stream === true;
      const stream = await session.streamBody(sentBody(asked.body), {
        frames: isStreamed || "end",
        keep: !isStreamed,
        incomplete: "end",
        headers: { ...NOT_OURS, ...this.#options.headers, ...others },
        signal: asked.signal,
        shouldRetry: state.shouldRetry,
      });
      if (!isStreamed) {
        const whole = await collected(stream, this.#own?.blank);
        giveBack();
        return whole;
      }
      const frames = new Frames(stream, giveBack, this.#own?.blank);
      state.frames = frames;
      const headers = { ...forwardable(stream.headers), ...STREAM_HEADERS };
      const { carrier } = frames;
      const refused = carrier === "websocket" ? await frames.begin() : undefined;
      state.isAnswered = true;
      const refusal = refused && refusalIn(refused.event, refused.failure);
      return refusal ? { ...refusal, carrier } : { status: 200, headers, frames, carrier };
    } catch (error) {
      giveBack();
      const refusal = refusalOf(error);
      if (refusal) return refusal;
      throw error;
    }
  }

  /** Memory of idle sessions, in bytes, which can be freed. */
  get idleBytes(): number {
    return this.#sessions.idleBytes;
  }

  /** Frees this many bytes of it, as far as possible. */
  giveUp(bytes: number): void {
    this.#sessions.giveUp(bytes);
  }

  /** Closes all connections, and what runs on them. */
  async close(): Promise<void> {
    await this.#sessions.close();
    await this.#api.close();
  }

  /** Chooses the session, and with it the connection. */
  #sessionFor({ body, headers, size }: Asked, client: string, credentials: Readonly<Record<string, string>>) {
    const open = (carrier: SessionOptions["carrier"]): ResponsesSession => {
      const { compression, maxConnectionAgeMs, maxFrameBytes } = this.#options;
      const api = this.#own ? this.#api.as(this.#own.auth) : this.#api.as({ headers: () => credentials });
      return api.session({ carrier, compression, maxConnectionAgeMs, maxFrameBytes });
    };
    const { carrier = "auto" } = this.#options;
    const tries = carrier === "websocket" || (carrier === "auto" && this.#mayOpenWebSocket);
    const owner = JSON.stringify([client, this.#own ? [] : Object.entries(credentials).sort()]);
    const wanted = { owner, key: conversationKey(body, headers), input: inputItems(body), bytes: size };
    const conversation = tries ? this.#sessions.take({ ...wanted, open: () => open(carrier) }) : undefined;
    if (!conversation) {
      const session = open(carrier === "websocket" ? carrier : "http"); // for this request only
      return { session, giveBack: () => void session.close() };
    }
    const { session } = conversation;
    const giveBack = (): void => {
      const isSpent = session.carrier === "http"; // it would only do what a session of the pool does
      if (isSpent) this.#withoutWebSocketUntil = performance.now() + WITHOUT_WEBSOCKET_MS;
      this.#sessions.giveBack(conversation, isSpent);
    };
    return { session, giveBack };
  }

  get #mayOpenWebSocket(): boolean {
    return (this.#api.service.provider.supportsWebSockets ?? false) && performance.now() >= this.#withoutWebSocketUntil;
  }
}

const STREAM_HEADERS = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" };

/** A request in progress, and who retries it: the client, as long as it has no answer. */
class Asking {
  frames: Frames | undefined;
  /** The client has the head of an answer: from now on only this code can retry. */
  isAnswered = false;
  readonly #continuesByItself: boolean;

  constructor({ body }: Asked) {
    this.#continuesByItself = typeof body.previous_response_id === "string";
  }

  readonly shouldRetry: NonNullable<SessionCallOptions["shouldRetry"]> = (error, { layer, attempt }) => {
    if (layer !== "stream" || !CodexApiError.is(error)) return false;
    if (error.kind === "retryable" && OF_OUR_CONNECTION.has(error.code))
      return this.#continuesByItself ? false : undefined;
    if (this.frames?.failed) return false; // a failure reported by the service
    if (this.isAnswered) return undefined;
    // An idle connection that died unnoticed: with a connection of its own, the client would silently replace it, too.
    return attempt === 0 && error.kind === "stream" ? undefined : false;
  };
}
