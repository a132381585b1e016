import type { AgentOptions, Agent as HttpAgent } from "node:http";
import type { Agent as HttpsAgent } from "node:https";

// These modules are loaded on demand: from Node 22 on they load the whole of Node's built-in fetch, which is a third of the time
// that importing this package takes.

/** An agent that opens nothing by itself; the code that creates it overrides how it connects. */
export function newHttpAgent(options: AgentOptions): HttpAgent {
  const { Agent } = process.getBuiltinModule("node:http");
  return new Agent(options);
}

/** As {@link newHttpAgent}. */
export function newHttpsAgent(options: AgentOptions): HttpsAgent {
  const { Agent } = process.getBuiltinModule("node:https");
  return new Agent(options);
}
