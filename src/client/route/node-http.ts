import type { AgentOptions, Agent as HttpAgent } from "node:http";
import type { Agent as HttpsAgent } from "node:https";

// The modules are loaded when somebody needs them: from Node 22 on they bring the whole of Node's built-in fetch along, a third of the time
// in which this package is imported.

/** Opens nothing by itself; its makers override how it connects. */
export function newHttpAgent(options: AgentOptions): HttpAgent {
  const { Agent } = process.getBuiltinModule("node:http");
  return new Agent(options);
}

/** As {@link newHttpAgent}. */
export function newHttpsAgent(options: AgentOptions): HttpsAgent {
  const { Agent } = process.getBuiltinModule("node:https");
  return new Agent(options);
}
