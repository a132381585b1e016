import type { TlsOptions } from "node:tls";
import { describe, expect, it } from "vitest";
import { UndiciTransport } from "../../../src/client/http/undici-transport.ts";
import { createDialer } from "../../../src/client/route/index.ts";
import { createTrust } from "../../../src/client/trust/index.ts";
import { WebSocketConnection } from "../../../src/client/websocket/index.ts";
import { cert, certPath } from "../../support/certs.ts";
import { identity, serveTls } from "../../support/tls-server.ts";
import { errorOf, get } from "../../support/transport.ts";

const demanding: TlsOptions = {
  ...identity("server"),
  requestCert: true,
  rejectUnauthorized: true,
  ca: cert("root.pem"),
  minVersion: "TLSv1.3",
};
const dialer = createDialer({ trust: createTrust({ env: {}, ca: { path: certPath("root.pem") } }), env: {} });

describe("a server that demands a client certificate after the TLS 1.3 handshake", () => {
  it.each([
    ["HTTP", (port: number) => new UndiciTransport({ dialer }).execute(get(`https://localhost:${port}/`))],
    [
      "a WebSocket",
      (port: number) => WebSocketConnection.open({ url: `wss://localhost:${port}/`, headers: {}, dialer }),
    ],
  ])("says so over %s, and that sending again cannot help", async (_carrier, connect) => {
    const { port } = await serveTls(demanding);
    const error = await errorOf(connect(port));
    expect(error).toMatchObject({ kind: "network", phase: "tls", retryable: false });
    expect(error.message).toMatch(/the server demands a client certificate.*No client certificate is configured/);
  });
});
