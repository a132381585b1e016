/**
 * The policy for certificates and proxies in the forms that other programs accept, so that a whole application, including other SDKs,
 * follows one policy. It adds nothing to the policy and knows nothing of this package's own requests. The policy itself is in
 * `../policy.ts`; start reading at `fetch.ts`.
 */

export type { PolicyOptions } from "../policy.ts";
export { type AgentPolicyOptions, createHttpAgent, createHttpsAgent } from "./agents.ts";
export { createDispatcher, createFetch } from "./fetch.ts";
export { type ConnectWebSocketOptions, connectWebSocket, type OpenWebSocket } from "./websocket.ts";
