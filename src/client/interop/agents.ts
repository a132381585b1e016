import type { AgentOptions, ClientRequest, ClientRequestArgs, Agent as HttpAgent } from "node:http";
import type { Agent as HttpsAgent } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { dialerOf, type PolicyOptions } from "../policy.ts";
import {
  checkTakesConnections,
  type Dialer,
  Kept,
  newHttpAgent,
  newHttpsAgent,
  targetOf,
  watchPath,
} from "../route/index.ts";

type Created = (error: Error | null, socket: Duplex) => void;

/** Options of a Node agent beside the policy's; its own TLS options have no effect, the policy decides. */
export type AgentPolicyOptions = PolicyOptions &
  Pick<AgentOptions, "keepAlive" | "keepAliveMsecs" | "maxSockets" | "maxFreeSockets">;

/**
 * An agent for `https.request`, axios (`httpsAgent`), got (`agent.https`), `ws` (`agent`, for wss) and everything else on node:https.
 * A request's `socketPath` and `lookup` are followed; a `lookup` that a proxy would leave without effect is a `build` error. Its `signal`,
 * `timeout` and `destroy()` are heard while the connection is made, and end that.
 */
export function createHttpsAgent(options: AgentPolicyOptions = {}): HttpsAgent {
  return withDialer(newHttpsAgent(agentOptions(options)), "https:", options);
}

/** The same for `http.request`: plain HTTP, through a tunnel where a proxy is on the route. */
export function createHttpAgent(options: AgentPolicyOptions = {}): HttpAgent {
  return withDialer(newHttpAgent(agentOptions(options)), "http:", options);
}

function agentOptions({
  keepAlive = true,
  keepAliveMsecs,
  maxSockets,
  maxFreeSockets,
}: AgentPolicyOptions): AgentOptions {
  return {
    keepAlive,
    ...(keepAliveMsecs === undefined ? {} : { keepAliveMsecs }),
    ...(maxSockets === undefined ? {} : { maxSockets }),
    ...(maxFreeSockets === undefined ? {} : { maxFreeSockets }),
  };
}

/** What Node's types leave out of an agent; programs have built on it since there are agents. */
interface AgentInside {
  addRequest(request: ClientRequest, ...rest: unknown[]): void;
  createSocket(request: ClientRequest, options: object, done: (error: Error | null, socket?: Duplex) => void): void;
  keepSocketAlive(socket: Duplex): boolean;
  readonly freeSockets: Readonly<Record<string, readonly Socket[] | undefined>>;
}

/** Carries the request to where its connection is made. */
const REQUEST = Symbol("request");

type DialledFor = ClientRequestArgs & { readonly [REQUEST]?: ClientRequest };

function withDialer<Kind extends HttpAgent>(agent: Kind, protocol: "http:" | "https:", options: PolicyOptions): Kind {
  checkTakesConnections("an agent");
  const dialer = dialerOf(options);
  const underway = new Set<AbortController>();
  // Node's documented way to give an agent connections of one's own; answering later, through the callback, is part of it.
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

/** Lets go of kept connections that may be dead before a request goes out on one, and notices one that dies under a request. */
function watchConnections(agent: AgentInside): void {
  const kept = new WeakMap<Duplex, Kept>();
  const addRequest = agent.addRequest?.bind(agent);
  const createSocket = agent.createSocket?.bind(agent);
  const keepSocketAlive = agent.keepSocketAlive?.bind(agent);
  if (!addRequest || !createSocket || !keepSocketAlive) return; // not Node's own agent: another runtime's
  agent.addRequest = (request, ...rest) => {
    if (request.destroyed) {
      request.onSocket(undefined as never); // its signal had fired before: Node tells the request's own reason, where an error of ours would hide it
      return;
    }
    for (const socket of Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? [])) {
      if (kept.get(socket)?.isDoubtful()) socket.destroy();
    }
    request.once("socket", (socket) => {
      const stop = watchPath(socket, (error) => socket.destroy(error));
      for (const event of ["response", "upgrade", "connect", "close"]) request.once(event, stop);
    });
    addRequest(request, ...rest);
  };
  agent.createSocket = (request, options, done) => createSocket(request, { ...options, [REQUEST]: request }, done);
  agent.keepSocketAlive = (socket) => {
    kept.set(socket, new Kept());
    return keepSocketAlive(socket);
  };
}

/**
 * A request while its connection is made. Node hears `destroy()`, and a `signal` by it, only once there is a socket, and a time limit too; here
 * there is none before TLS stands, so the request is listened to until then.
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

  /** What the caller of a request that was given up hears is their own reason, as from Node's agent. */
  failureOf(error: Error): Error {
    if (!this.#ending.signal.aborted) return error;
    return this.#reason ?? Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
  }

  end(): void {
    clearTimeout(this.#timer);
    const request = this.#request as Partial<ClientRequest> | undefined;
    delete request?.destroy; // the class's own come forth again
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
