/**
 * What the servers of this package have in common, the emulator and the gateway: who may ask, how a body is read, and what of HTTP is not
 * spoken. It knows HTTP as it comes in, and nothing of the API, of our clients or of what a server answers. Each server words its refusals
 * by itself.
 */

export { BodyFault, decodeBody, readBody, readUpTo } from "./body.ts";
export { type CallerOptions, isLoopback, strangerIn } from "./callers.ts";
export { holdTogether, writeChunk } from "./chunk.ts";
export { answersPreflight, headersForPage } from "./pages.ts";
export { asksForWebSocket, UPGRADE_OPTIONS, withoutUpgrade } from "./upgrade.ts";
