/**
 * The policy of trust and route in the forms that other programs take, so that a whole application, other SDKs included, follows one policy.
 * It adds nothing to the policy and knows nothing of this package's own requests. The policy itself is `../policy.ts`; start reading at `fetch.ts`.
 */

export type { PolicyOptions } from "../policy.ts";
export { type AgentPolicyOptions, createHttpAgent, createHttpsAgent } from "./agents.ts";
export { createDispatcher, createFetch } from "./fetch.ts";
export { type ConnectWebSocketOptions, connectWebSocket, type OpenWebSocket } from "./websocket.ts";
