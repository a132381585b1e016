import { X509Certificate } from "node:crypto";
import tls from "node:tls";
import { describe, expect, it } from "vitest";
import { createLoopbackIdentity } from "../../../src/emulator/tls/certificate.ts";
import { emulator, RawSocket, send } from "./raw-client.ts";

const BODY = { model: "m", input: "17*23", stream: true };

describe("TLS", () => {
  it.each(["127.0.0.1", "localhost"])("is trusted with caPem on %s", async (host) => {
    const { url, caPem } = await emulator({ tls: true, host });
    expect(url).toMatch(new RegExp(`^https://${host}:\\d+/v1$`));
    expect((await send(`${url}/responses`, { body: BODY, ca: caPem })).text).toContain("391");
  });

  it("is refused without it", async () => {
    const { url } = await emulator({ tls: true });
    await expect(send(`${url}/models`)).rejects.toMatchObject({ code: expect.stringMatching(/UNABLE_TO|SELF_SIGNED/) });
  });

  it("carries WebSockets", async () => {
    const { url, caPem } = await emulator({ tls: true });
    const socket = new RawSocket(url, { ca: caPem });
    await socket.opened();
    expect((await socket.response({ input: "hello" })).at(-1)?.type).toBe("response.completed");
  });

  it("takes a certificate of one's own", async () => {
    const { cert, key, caPem } = createLoopbackIdentity();
    const server = await emulator({ tls: { cert, key } });
    expect(server.caPem).toBeUndefined();
    const { hostname, port } = new URL(server.url);
    const socket = tls.connect({ host: hostname, port: Number(port), ca: caPem });
    await new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
    expect(socket.getPeerX509Certificate()?.fingerprint256).toBe(new X509Certificate(cert).fingerprint256);
    socket.destroy();
  });

  it.each([{ resetAfterEvents: 1 }, { terminateAfterEvents: 1 }])("breaks in the middle with %j", async (step) => {
    const { url, caPem } = await emulator({ tls: true, script: [step] });
    const answer = await send(`${url}/responses`, { body: BODY, ca: caPem });
    expect(answer.text).toMatch(/^event: response\.created\n.*\n\n$/);
    expect(answer.brokenBy).toBe("ECONNRESET");
  });

  it("has none unless asked", async () => {
    const server = await emulator();
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
    expect(server).not.toHaveProperty("caPem");
  });
});
