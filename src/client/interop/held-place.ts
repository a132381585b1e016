import type { ClientRequest } from "node:http";
import { Duplex } from "node:stream";

/** Members of an agent that its limits work with. Node's types leave some out. */
export interface LimitedAgent {
  getName(options: object): string;
  readonly sockets: Record<string, readonly Duplex[] | undefined>;
  readonly requests: Readonly<Record<string, ClientRequest[] | undefined>>;
  totalSocketCount: number;
}

/**
 * Holds the place of a connection that is being opened. Node counts only connections that exist, so an agent whose connections take a
 * while would open one for each of several requests at once, whatever its `maxSockets`.
 *
 * @returns Gives the place back, to be called when there is a connection, which counts by itself, or none. In that case returns the next
 *   request that waits for a place.
 */
export function placeHeldIn(agent: LimitedAgent, options: object): (isOpen: boolean) => ClientRequest | undefined {
  const name = agent.getName(options);
  const place = new Duplex();
  agent.sockets[name] = [...(agent.sockets[name] ?? []), place];
  agent.totalSocketCount += 1;
  return (isOpen) => {
    const others = agent.sockets[name]?.filter((socket) => socket !== place) ?? [];
    if (others.length > 0) agent.sockets[name] = others;
    else delete agent.sockets[name];
    agent.totalSocketCount -= 1;
    return isOpen ? undefined : agent.requests[name]?.shift();
  };
}
