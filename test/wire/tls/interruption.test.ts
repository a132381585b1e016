import { getEventListeners, once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import { createTrust } from "../../../src/client/trust/index.ts";
import { certPath } from "../../support/certs.ts";
import { serve, serveTcp } from "../../support/serve.ts";
import { serveTls } from "../../support/tls-server.ts";

const trust = createTrust({ env: {}, ca: { path: certPath("root.pem") } });

async function dial(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

test("an abort before the handshake closes the connection without a byte", async () => {
  const peer = await serveTls();
  const socket = await peer.dial();
  const reason = new Error("enough");
  const attempt = trust.connect({ socket, host: "localhost", signal: AbortSignal.abort(reason) });
  await expect(attempt).rejects.toMatchObject({ kind: "aborted", cause: reason });
  expect(socket.destroyed).toBe(true);
  expect(socket.bytesWritten).toBe(0);
});

test("an abort while the other side is silent ends the attempt at once", async () => {
  let onGreeted: () => void = () => {};
  const greeted = new Promise<void>((resolve) => {
    onGreeted = resolve;
  });
  const { port } = await serveTcp((peer) => peer.once("data", onGreeted));
  const socket = await dial(port);
  const controller = new AbortController();
  const attempt = trust.connect({ socket, host: "localhost", signal: controller.signal });
  await greeted;
  controller.abort("enough");
  await expect(attempt).rejects.toMatchObject({ kind: "aborted", cause: "enough" });
  expect(socket.destroyed).toBe(true);
});

test("a signal that outlives many connections keeps no listener", async () => {
  const peer = await serveTls();
  const { signal } = new AbortController();
  (await trust.connect({ socket: await peer.dial(), host: "localhost", signal })).destroy();
  await expect(trust.connect({ socket: await peer.dial(), host: "other.test", signal })).rejects.toThrow();
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("a socket handed out dies without ending the process when nobody listens yet", async () => {
  const socket = await trust.connect({ socket: await (await serveTls()).dial(), host: "localhost" });
  socket.destroy(new Error("reset"));
  await new Promise((resolve) => socket.on("close", resolve));
  expect(socket.errored?.message).toBe("reset");
});

test.each([
  ["closes", (socket: Socket) => socket.once("data", () => socket.end())],
  ["resets", (socket: Socket) => socket.once("data", () => socket.resetAndDestroy())],
])("a peer that %s in the handshake is named, and may be tried again", async (_title, handler) => {
  const { port } = await serveTcp(handler);
  const socket = await dial(port);
  const attempt = trust.connect({ socket, host: "localhost" });
  await expect(attempt).rejects.toMatchObject({
    kind: "network",
    phase: "tls",
    code: "ECONNRESET",
    retryable: true,
    message: expect.stringMatching(/^the connection to localhost was closed during the TLS handshake/),
  });
  expect(socket.destroyed).toBe(true);
});

test("a connection that is closed already is an error, not a wait", async () => {
  const { port } = await serveTcp(() => {});
  const socket = await dial(port);
  socket.destroy();
  await once(socket, "close");
  const attempt = trust.connect({ socket, host: "localhost" });
  await expect(attempt).rejects.toMatchObject({ code: "ECONNRESET", phase: "tls" });
});

test("a connection closed on this side ends the attempt", async () => {
  const { port } = await serveTcp((peer) => peer.once("data", () => socket.destroy()));
  const socket = await dial(port);
  const attempt = trust.connect({ socket, host: "localhost" });
  await expect(attempt).rejects.toMatchObject({ code: "ECONNRESET", phase: "tls" });
});

test("a server without TLS is told from an untrusted one", async () => {
  const { port } = await serve((_request, response) => void response.end());
  const attempt = trust.connect({ socket: await dial(port), host: "localhost" });
  await expect(attempt).rejects.toMatchObject({
    code: expect.stringMatching(/^ERR_SSL_/),
    phase: "tls",
    retryable: false,
  });
  await expect(attempt).rejects.toThrow("does not use TLS on this port");
});

test("an attempt that cannot begin closes the connection too", async () => {
  const { port } = await serveTcp(() => {});
  const socket = await dial(port);
  const attempt = trust.connect({ socket, host: "localhost", alpn: ["x".repeat(300)] });
  await expect(attempt).rejects.toThrow();
  expect(socket.destroyed).toBe(true);
});
