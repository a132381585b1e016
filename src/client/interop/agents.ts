import type { AgentOptions, ClientRequestArgs, Agent as HttpAgent } from "node:http";
import type { Agent as HttpsAgent } from "node:https";
import type { Duplex } from "node:stream";
import { dialerOf, type PolicyOptions } from "../policy.ts";
import { type Dialer, newHttpAgent, newHttpsAgent, targetOf } from "../route/index.ts";

type Created = (error: Error | null, socket: Duplex) => void;

/** Options of a Node agent beside the policy's; its own TLS options have no effect, the policy decides. */
export type AgentPolicyOptions = PolicyOptions &
  Pick<AgentOptions, "keepAlive" | "keepAliveMsecs" | "maxSockets" | "maxFreeSockets">;

/** An agent for `https.request`, axios (`httpsAgent`), got (`agent.https`), `ws` (`agent`, for wss) and everything else on node:https. */
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

function withDialer<Kind extends HttpAgent>(agent: Kind, protocol: "http:" | "https:", options: PolicyOptions): Kind {
  const dialer = dialerOf(options);
  // Node's documented way to give an agent connections of one's own; answering later, through the callback, is part of it.
  agent.createConnection = (request: ClientRequestArgs, created?: Created) => {
    dial(dialer, request, protocol, options.connectTimeoutMs).then(
      (socket) => created?.(null, socket),
      (error: Error) => created?.(error, undefined as never),
    );
    return undefined;
  };
  return agent;
}

function dial(
  dialer: Dialer,
  request: ClientRequestArgs,
  protocol: "http:" | "https:",
  timeoutMs: number | undefined,
): Promise<Duplex> {
  const hostname = request.host ?? request.hostname ?? "localhost";
  const { port } = targetOf(
    `${protocol}//${hostname.includes(":") ? `[${hostname}]` : hostname}:${request.port ?? ""}`,
  );
  return dialer.dial({ protocol, hostname, port }, { timeoutMs });
}
