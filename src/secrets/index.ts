// Knows which values of a request are credentials, and how to find them in a text. Sees requests only as URL and headers, and does not know
// who sends or records them. Start reading in of-request.ts.

export { SecretFinder } from "./finder.ts";
export { isCredentialName, type SentRequest, secretsOf } from "./of-request.ts";
