// A server whose certificate comes from a private authority, as behind a proxy that inspects TLS. One bundle serves HTTPS and wss, this
// package's clients and everybody else's.

import { noAuth, openaiProvider, ResponsesClient, ResponsesWebSocketClient } from "codex-wire";
import { createFetch, isTrustFailure } from "codex-wire/client";
import { startEmulator } from "codex-wire/emulator";

const emulator = await startEmulator({ tls: true });
const request = { model: "gpt-5-mini", input: "repeat: it works" };
const auth = noAuth();

try {
  await new ResponsesClient({ provider: openaiProvider({ baseUrl: emulator.url, proxy: false }), auth }).stream(
    request,
  );
} catch (error) {
  console.log(`without the authority: ${isTrustFailure(error) ? "not trusted" : "?"}`);
}

// In a company: CODEX_CA_CERTIFICATE=company-ca.pem and HTTPS_PROXY in the environment, and nothing in the code.
const ca = { pem: emulator.caPem ?? "" };
const provider = openaiProvider({ baseUrl: emulator.url, proxy: false, ca });

const overHttps = await new ResponsesClient({ provider, auth }).stream(request);
console.log(`https: ${(await overHttps.collect()).text}`);

const connection = await new ResponsesWebSocketClient({ provider, auth }).connect();
console.log(`wss: ${(await (await connection.stream(request)).collect()).text}`);
await connection.close();

const policyFetch = createFetch({ ca, proxy: false }); // new OpenAI({ fetch: policyFetch })
console.log(`fetch: ${(await policyFetch(`${emulator.url}/models?client_version=1.0.0`)).status}`);

await emulator.close();
