// What of a request is a credential, wherever it stands in it, and how it is found in a text. Knows requests as address and headers alone, and nothing of
// who sends or records them. Begin with of-request.ts.

export { SecretFinder } from "./finder.ts";
export { type SentRequest, secretsOf } from "./of-request.ts";
