import type { AgentOptions, ClientRequest, ClientRequestArgs, Agent as HttpAgent } from "node:http";
import type { Agent as HttpsAgent } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { knownOptions } from "../options.ts";
import { dialerOf, POLICY_NAMES, type PolicyOptions } from "../policy.ts";
import {
  checkTakesConnections,
  type Dialer,
  newHttpAgent,
  newHttpsAgent,
  QuietSince,
  targetOf,
  watchPath,
} from "../route/index.ts";
import { type LimitedAgent, placeHeldIn } from "./held-place.ts";

type Created = (error: Error | null, socket: Duplex) => void;

/** Options of a Node agent, and those of the policy. Others, such as an agent's own TLS options, are refused: the policy decides. */
export type AgentPolicyOptions = PolicyOptions &
  Pick<AgentOptions, "keepAlive" | "keepAliveMsecs" | "maxSockets" | "maxFreeSockets">;

const OPTIONS = knownOptions<AgentPolicyOptions>("the options of an agent", {
  ...POLICY_NAMES,
  keepAlive: true,
  keepAliveMsecs: true,
  maxSockets: true,
  maxFreeSockets: true,
});

/**
 * An agent for `https.request`, axios (`httpsAgent`), got (`agent.https`), `ws` (`agent`, for wss) and everything else that uses
 * node:https.
 *
 * A request's `socketPath` and `lookup` are used; a `lookup` that a proxy would make ineffective is a `build` error. Its `signal`,
 * `timeout` and `destroy()` also end a connection attempt.
 */
export function createHttpsAgent(options: AgentPolicyOptions = {}): HttpsAgent {
  return withDialer(newHttpsAgent(agentOptions(options)), "https:", options);
}

/** The same for `http.request`: plain HTTP, through a tunnel if a proxy is used. */
export function createHttpAgent(options: AgentPolicyOptions = {}): HttpAgent {
  return withDialer(newHttpAgent(agentOptions(options)), "http:", options);
}

function agentOptions(options: AgentPolicyOptions): AgentOptions {
  OPTIONS(options);
  const { keepAlive = true, keepAliveMsecs, maxSockets, maxFreeSockets } = options;
  return {
    keepAlive,
    ...(keepAliveMsecs === undefined ? {} : { keepAliveMsecs }),
    ...(maxSockets === undefined ? {} : { maxSockets }),
    ...(maxFreeSockets === undefined ? {} : { maxFreeSockets }),
  };
}

/** Members of an agent that Node's types leave out; programs have relied on them since agents exist. */
interface AgentInside extends LimitedAgent {
  addRequest(request: ClientRequest, ...rest: unknown[]): void;
  createSocket(request: ClientRequest, options: object, done: (error: Error | null, socket?: Duplex) => void): void;
  keepSocketAlive(socket: Duplex): boolean;
  readonly freeSockets: Readonly<Record<string, readonly Socket[] | undefined>>;
}

/** Passes the request to the code that opens its connection. */
const REQUEST = Symbol("request");

type DialledFor = ClientRequestArgs & { readonly [REQUEST]?: ClientRequest };

function withDialer<Kind extends HttpAgent>(
  agent: Kind,
  protocol: "http:" | "https:",
  options: AgentPolicyOptions,
): Kind {
  checkTakesConnections("an agent");
  const dialer = dialerOf(options);
  const underway = new Set<AbortController>();
  // Node's documented way to give an agent connections; the callback may be called later.
  agent.createConnection = (args: ClientRequestArgs, created?: Created) => {
    const ending = new AbortController();
    underway.add(ending);
    const dial = new RequestDial(args, ending);
    connect(dialer, args, protocol, { timeoutMs: options.connectTimeoutMs, signal: ending.signal })
      .then(
        (socket) => created?.(null, socket),
        (error: Error) => created?.(dial.failureOf(error), undefined as never),
      )
      .finally(() => {
        dial.end();
        underway.delete(ending);
      });
    return undefined;
  };
  const destroy = agent.destroy.bind(agent);
  agent.destroy = () => {
    for (const ending of underway) ending.abort();
    destroy();
  };
  watchConnections(agent as unknown as AgentInside);
  return agent;
}

/** Drops idle connections that may be dead before a request uses one, and notices one that dies during a request. */
function watchConnections(agent: AgentInside): void {
  const quietSince = new WeakMap<Duplex, QuietSince>();
  const addRequest = agent.addRequest?.bind(agent);
  const createSocket = agent.createSocket?.bind(agent);
  const keepSocketAlive = agent.keepSocketAlive?.bind(agent);
  if (!addRequest || !createSocket || !keepSocketAlive) return; // not Node's own agent, but another runtime's
  const begin = (request: ClientRequest, ...rest: unknown[]): void => {
    if (request.destroyed)
      request.onSocket(undefined as never); // Node reports the request's own reason, which an error of ours would hide
    else addRequest(request, ...rest);
  };
  agent.addRequest = (request, ...rest) => {
    for (const socket of Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? [])) {
      if (quietSince.get(socket)?.isDoubtful()) socket.destroy();
    }
    request.once("socket", (socket) => {
      const stop = watchPath(socket, (error) => socket.destroy(error));
      for (const event of ["response", "upgrade", "connect", "close"]) request.once(event, stop);
    });
    begin(request, ...rest);
  };
  agent.createSocket = (request, options, done) => {
    const letGo = placeHeldIn(agent, options);
    createSocket(request, { ...options, [REQUEST]: request }, (error, socket) => {
      const next = letGo(!error);
      if (next) begin(next, options);
      done(error, socket);
    });
  };
  agent.keepSocketAlive = (socket) => {
    quietSince.set(socket, new QuietSince());
    return keepSocketAlive(socket);
  };
}

/**
 * A request while its connection is being opened. Node handles `destroy()`, a `signal` and a time limit only once there is a socket, and
 * here there is none before TLS is done, so the request is watched until then.
 */
class RequestDial {
  readonly #request: ClientRequest | undefined;
  readonly #ending: AbortController;
  #reason: Error | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor({ [REQUEST]: request, timeout }: DialledFor, ending: AbortController) {
    this.#request = request;
    this.#ending = ending;
    if (!request) return;
    const { destroy, setTimeout: limit } = request;
    request.destroy = (error) => {
      this.#reason = error;
      destroy.call(request, error);
      ending.abort();
      return request;
    };
    request.setTimeout = (limitMs, onTimeout) => {
      limit.call(request, limitMs, onTimeout);
      this.#arm(limitMs);
      return request;
    };
    this.#arm(timeout);
  }

  /** The caller of an abandoned request gets its own reason, as from Node's agent. */
  failureOf(error: Error): Error {
    if (!this.#ending.signal.aborted) return error;
    return this.#reason ?? Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
  }

  end(): void {
    clearTimeout(this.#timer);
    const request = this.#request as Partial<ClientRequest> | undefined;
    delete request?.destroy; // makes the class's own methods visible again
    delete request?.setTimeout;
  }

  #arm(limitMs: number | undefined): void {
    clearTimeout(this.#timer);
    if (limitMs) this.#timer = setTimeout(() => this.#request?.emit("timeout"), limitMs);
  }
}

function connect(
  dialer: Dialer,
  request: ClientRequestArgs,
  protocol: "http:" | "https:",
  limits: { readonly timeoutMs: number | undefined; readonly signal: AbortSignal },
): Promise<Duplex> {
  const hostname = request.host ?? request.hostname ?? "localhost";
  const { port } = targetOf(
    `${protocol}//${hostname.includes(":") ? `[${hostname}]` : hostname}:${request.port ?? ""}`,
  );
  const { lookup, socketPath } = request;
  return dialer.dial({ protocol, hostname, port, socketPath: socketPath ?? undefined }, { ...limits, lookup });
}
