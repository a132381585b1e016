/**
 * A local server in front of the service, for programs in any language: {@link startGateway}.
 *
 * @module
 */

// HTTP requests go through sessions (`../forwarding/`); WebSockets and everything else are passed on with the gateway's credentials. Start
// reading at `start.ts`.

export type { GatewayLogEntry, GatewayOptions } from "./options.ts";
export { type Gateway, startGateway } from "./start.ts";
