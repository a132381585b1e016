import { once } from "node:events";
import { get } from "node:https";
import { Duplex, PassThrough } from "node:stream";
import type { TlsOptions } from "node:tls";
import { describe, expect, test } from "vitest";
import { createTrust, inspectPeer, type Trust, type TrustOptions } from "../../../src/client/trust/index.ts";
import { cert, certPath } from "../../support/certs.ts";
import { identity, serveTls, type TlsPeer } from "../../support/tls-server.ts";

const trusting = (name: string, options: TrustOptions = {}) =>
  createTrust({ env: { CODEX_CA_CERTIFICATE: certPath(`${name}.pem`) }, ...options });

async function open(trust: Trust, peer: TlsPeer, host = "localhost") {
  const socket = await trust.connect({ socket: await peer.dial(), host });
  expect((await once(socket, "data")).toString()).toBe("hello");
  socket.destroy();
  return socket;
}

describe("what is told of a connection", () => {
  test("is its protocol, its chain, and the certificate of the bundle that vouches for it", async () => {
    const trust = trusting("root");
    const peer = await serveTls(identity("issued", "server", "intermediate"));
    const socket = await trust.connect({ socket: await peer.dial(), host: "localhost" });
    const facts = inspectPeer(socket, trust.bundle);
    expect(facts).toMatchObject({
      protocol: expect.stringMatching(/^TLSv1\.[23]$/),
      cipher: expect.any(String),
      vouchedByBundle: { subject: expect.any(String), authority: true, validTo: expect.stringMatching(/^\d{4}-.*Z$/) },
    });
    expect(facts?.chain[0]).toMatchObject({ authority: false, selfIssued: false });
    expect(facts?.chain.at(-1)?.issuer).toBe(facts?.vouchedByBundle?.subject);
  });

  test("names no certificate where the bundle has none for it, and is nothing without TLS, or at the end", async () => {
    const peer = await serveTls();
    const socket = await trusting("root").connect({ socket: await peer.dial(), host: "localhost" });
    expect(inspectPeer(socket, undefined)).toHaveProperty("vouchedByBundle", undefined);
    expect(inspectPeer(socket, trusting("other-root").bundle)).toHaveProperty("vouchedByBundle", undefined);
    socket.destroy();
    expect([inspectPeer(socket, undefined), inspectPeer(new PassThrough(), undefined)]).toEqual([undefined, undefined]);
  });
});

describe("a connection is made", () => {
  test.each([
    ["with the root in the bundle", identity("server"), "root"],
    ["with the root as TRUSTED CERTIFICATE", identity("server"), "trusted"],
    ["with an intermediate that the server sends", identity("issued", "server", "intermediate"), "root"],
    ["with the issuing authority alone in the bundle", identity("issued"), "intermediate"],
    [
      "with a self-signed certificate that is itself in the bundle",
      identity("self-signed", "self-signed"),
      "self-signed",
    ],
  ])("%s", async (_title, options, bundle) => {
    await open(trusting(bundle), await serveTls(options));
  });

  test("with a bundle of SSL_CERT_FILE", async () => {
    await open(createTrust({ env: { SSL_CERT_FILE: certPath("root.pem") } }), await serveTls());
  });

  test("with a bundle of the program's own, which leaves the variables without effect", async () => {
    const env = { CODEX_CA_CERTIFICATE: "/nowhere.pem" };
    await open(createTrust({ env, ca: { path: certPath("root.pem") } }), await serveTls());
  });

  test("with a root from NODE_EXTRA_CA_CERTS beside a bundle", async () => {
    const env = { CODEX_CA_CERTIFICATE: certPath("other-root.pem"), NODE_EXTRA_CA_CERTS: certPath("root.pem") };
    await open(createTrust({ env }), await serveTls());
  });

  test.each([
    ["a name", "localhost", "localhost"],
    ["a name that ends in a dot, which is not sent", "localhost.", "localhost"],
    ["an IPv4 address, which is not sent", "127.0.0.1", false],
    ["an IPv6 address, which is not sent", "::1", false],
    ["an IPv6 address as URLs have it", "[::1]", false],
  ])("to %s", async (_title, host, name) => {
    const peer = await serveTls();
    await open(trusting("root"), peer, host);
    expect(peer.names).toEqual([name]);
  });

  test("over a stream that is no socket", async () => {
    const tcp = await (await serveTls()).dial();
    const socket = await trusting("root").connect({
      socket: Duplex.from({ readable: tcp, writable: tcp }),
      host: "localhost",
    });
    expect((await once(socket, "data")).toString()).toBe("hello");
  });

  test("offering no protocol unless told to", async () => {
    const peer = await serveTls({ ...identity("server"), ALPNProtocols: ["h2", "http/1.1"] });
    expect((await open(trusting("root"), peer)).alpnProtocol).toBe(false);
    const socket = await trusting("root").connect({ socket: await peer.dial(), host: "localhost", alpn: ["http/1.1"] });
    expect(socket.alpnProtocol).toBe("http/1.1");
  });
});

describe("a certificate is refused, the connection closed, and nothing sent:", () => {
  const cases: readonly (readonly [
    title: string,
    server: TlsOptions,
    bundle: string,
    code: string,
    message: RegExp,
  ])[] = [
    [
      "of an unknown authority",
      identity("server"),
      "other-root",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      /CN=Example Root CA, where its chain ends/,
    ],
    [
      "of an authority made anew",
      identity("server"),
      "twin-root",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      /but with another key/,
    ],
    [
      "whose intermediate was not sent",
      identity("issued"),
      "root",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      /CN=Example Issuing CA is an intermediate authority \(published at http/,
    ],
    [
      "whose unknown root was sent",
      identity("issued", "server", "intermediate", "root"),
      "other-root",
      "SELF_SIGNED_CERT_IN_CHAIN",
      /the last of the 3 sent is O=Example Corp, CN=Example Root CA, issued by itself \(RSA 2048 bit/,
    ],
    [
      "whose server certificate alone is in the bundle",
      identity("server"),
      "server",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      /not among/,
    ],
    [
      "signed by itself",
      identity("self-signed", "self-signed"),
      "root",
      "DEPTH_ZERO_SELF_SIGNED_CERT",
      /signed by itself/,
    ],
    ["expired", identity("expired"), "root", "CERT_HAS_EXPIRED", /to 2021-01-01T00:00:00Z/],
    ["not valid yet", identity("not-yet"), "root", "CERT_NOT_YET_VALID", /from 2090-01-01T00:00:00Z/],
    [
      "of another host",
      identity("other-host"),
      "root",
      "ERR_TLS_CERT_ALTNAME_INVALID",
      /DNS:api\.example\.test, .*, not for localhost/,
    ],
    ["for clients", identity("client", "client"), "root", "INVALID_PURPOSE", /not issued for servers/],
    ["with an RSA key of 1024 bits", identity("rsa1024", "rsa1024"), "root", "EE_KEY_TOO_SMALL", /RSA 1024 bit/],
    [
      "from an authority of 1024 bits",
      identity("under-weak", "server", "weak-intermediate"),
      "root",
      "CA_KEY_TOO_SMALL",
      /CN=Example Weak CA is too weak/,
    ],
    [
      "from an authority of 1024 bits in the bundle",
      identity("under-weak"),
      "weak-intermediate",
      "CA_KEY_TOO_SMALL",
      /CN=Example Weak CA is too weak/,
    ],
    ["signed with SHA-1", identity("sha1"), "root", "CA_MD_TOO_WEAK", /signed with sha1WithRSAEncryption/],
  ];
  // parity: trust/not-retried
  test.each(cases)("%s", async (_title, options, bundle, code, message) => {
    const peer = await serveTls(options);
    const carrier = await peer.dial();
    const attempt = trusting(bundle)
      .connect({ socket: carrier, host: "localhost" })
      .then((socket) => socket.write("secret"));
    await expect(attempt).rejects.toMatchObject({ kind: "network", phase: "tls", code, retryable: false });
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.toThrow(`from ${certPath(`${bundle}.pem`)} selected by CODEX_CA_CERTIFICATE.`);
    expect(carrier.destroyed).toBe(true);
    await peer.drained();
    expect(peer.received).toBe("");
  });

  test("for an IP address it does not name", async () => {
    const peer = await serveTls();
    const attempt = trusting("root").connect({ socket: await peer.dial(), host: "127.0.0.2" });
    await expect(attempt).rejects.toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
  });

  test("when no variable is set", async () => {
    const peer = await serveTls();
    const attempt = createTrust({ env: {} }).connect({ socket: await peer.dial(), host: "localhost" });
    await expect(attempt).rejects.toThrow("neither CODEX_CA_CERTIFICATE nor SSL_CERT_FILE is set");
  });

  test("by a variable that is shadowed", async () => {
    const env = { CODEX_CA_CERTIFICATE: certPath("other-root.pem"), SSL_CERT_FILE: certPath("root.pem") };
    const peer = await serveTls();
    const attempt = createTrust({ env }).connect({ socket: await peer.dial(), host: "localhost" });
    await expect(attempt).rejects.toThrow(`SSL_CERT_FILE=${certPath("root.pem")} is therefore ignored`);
  });
});

describe("a server that demands a client certificate", () => {
  const demanding = (maxVersion: "TLSv1.2" | "TLSv1.3"): TlsOptions => {
    return {
      ...identity("server"),
      requestCert: true,
      rejectUnauthorized: true,
      ca: cert("root.pem"),
      maxVersion,
    };
  };
  const client = {
    cert: { path: certPath("client.pem") },
    key: { path: certPath("client-encrypted.key") },
    passphrase: "fixture",
  };

  test.each(["TLSv1.2", "TLSv1.3"] as const)("gets it over %s", async (version) => {
    await open(trusting("root", { clientCertificate: client }), await serveTls(demanding(version)));
  });

  test("refuses a handshake of TLS 1.2 without one", async () => {
    const peer = await serveTls(demanding("TLSv1.2"));
    const attempt = trusting("root").connect({ socket: await peer.dial(), host: "localhost" });
    await expect(attempt).rejects.toThrow(
      /it demands a client certificate.*No client certificate is configured\. Give one/,
    );
    await expect(attempt).rejects.toMatchObject({ kind: "network", phase: "tls", retryable: false });
  });

  test("breaks a connection of TLS 1.3 that stands, which is then explained", async () => {
    const peer = await serveTls(demanding("TLSv1.3"));
    const trust = trusting("root");
    const socket = await trust.connect({ socket: await peer.dial(), host: "localhost" });
    const [error] = await once(socket, "error");
    expect(trust.explain(error, "localhost")).toMatchObject({
      message: expect.stringMatching(/^TLS handshake with localhost failed: the server demands a client certificate/),
      retryable: false,
      cause: error,
    });
  });
});

test("other programs get the same trust", async () => {
  const peer = await serveTls();
  const request = (trust: Trust) =>
    new Promise((_resolve, reject) =>
      get({ port: peer.port, ...trust.tlsOptions(), agent: false }).on("error", reject),
    );
  // The server speaks no HTTP: with trust, its greeting is what fails.
  await expect(request(trusting("root"))).rejects.toMatchObject({ code: expect.stringMatching(/^HPE_/) });
  await expect(request(trusting("other-root"))).rejects.toMatchObject({ code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
});

test("describing a policy names every origin", () => {
  const text = trusting("root").describe();
  expect(text).toContain(
    `Trusted in addition to the system roots: 1 certificate from ${certPath("root.pem")} selected by CODEX_CA_CERTIFICATE.`,
  );
  expect(text).toMatch(/\nNode's default roots: \d+ certificates/);
});
