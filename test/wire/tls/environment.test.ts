import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cert, certPath } from "../../support/certs.ts";
import { serveTls } from "../../support/tls-server.ts";
import { useTrustProbe } from "../../support/trust-probe.ts";

const probe = useTrustProbe();

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "codex-wire-environment-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe("in a process of its own, a client is built", () => {
  test("with the first variable", async () => {
    const report = await probe({ CODEX_CA_CERTIFICATE: certPath("root.pem") });
    expect(report).toMatchObject({
      by: "environment",
      certificates: 1,
      origins: { 0: expect.stringContaining("CODEX_CA_CERTIFICATE") },
    });
  });

  test("with the second when the first is absent", async () => {
    const report = await probe({ SSL_CERT_FILE: certPath("root.pem") });
    expect(report).toMatchObject({
      by: "environment",
      certificates: 1,
      origins: { 0: expect.stringContaining("SSL_CERT_FILE") },
    });
  });

  test("with the first when the second is bad", async () => {
    const SSL_CERT_FILE = write("empty-second.pem", "");
    expect(await probe({ CODEX_CA_CERTIFICATE: certPath("root.pem"), SSL_CERT_FILE })).toMatchObject({
      certificates: 1,
    });
  });

  test("with two certificates of one file", async () => {
    const path = write("two.pem", cert("root.pem", "other-root.pem"));
    expect(await probe({ CODEX_CA_CERTIFICATE: path })).toMatchObject({ certificates: 2 });
  });

  test("with a TRUSTED CERTIFICATE", async () => {
    expect(await probe({ CODEX_CA_CERTIFICATE: certPath("trusted.pem") })).toMatchObject({ certificates: 1 });
  });

  test("with a certificate beside a CRL", async () => {
    const path = write("with-crl.pem", cert("root.pem", "crl.pem"));
    expect(await probe({ CODEX_CA_CERTIFICATE: path })).toMatchObject({ certificates: 1 });
  });

  test("but not with an empty file, and the hint is given", async () => {
    const { error } = await probe({ CODEX_CA_CERTIFICATE: write("empty.pem", "") });
    expect(error?.kind).toBe("ca_invalid");
    expect(error?.message).toMatch(
      /selected by CODEX_CA_CERTIFICATE: no certificates found in PEM file\. If you set CODEX_CA_CERTIFICATE or SSL_CERT_FILE/,
    );
  });

  // parity: trust/unusable-file
  test("but not with broken PEM, and the hint is given", async () => {
    const path = write("broken.pem", "-----BEGIN CERTIFICATE-----\nMIIBroken\n-----END CERTIFICATE-----\n");
    const { error } = await probe({ SSL_CERT_FILE: path });
    expect(error?.kind).toBe("ca_invalid");
    expect(error?.message).toMatch(
      /selected by SSL_CERT_FILE: failed to parse PEM file: .* or unset it to use system roots\.$/,
    );
  });
});

describe("in a process of its own, a server is trusted", () => {
  test("for a root that Node read at its start, beside the bundle", async () => {
    const { port } = await serveTls();
    const NODE_EXTRA_CA_CERTS = certPath("root.pem");
    expect(await probe({ NODE_EXTRA_CA_CERTS, CODEX_CA_CERTIFICATE: certPath("other-root.pem") }, port)).toMatchObject({
      certificates: 1,
    });
    expect(await probe({ NODE_EXTRA_CA_CERTS }, port)).toMatchObject({ by: "none" });
  });

  test("for a root in a folder of SSL_CERT_DIR, with and without a bundle", async () => {
    const { port } = await serveTls();
    write("0a1b2c3d.0", cert("root.pem"));
    expect(await probe({ SSL_CERT_DIR: folder }, port)).toMatchObject({ by: "none" });
    expect(await probe({ SSL_CERT_DIR: folder, SSL_CERT_FILE: certPath("other-root.pem") }, port)).toMatchObject({
      certificates: 1,
    });
  });

  test("not for a root that only the shadowed variable names", async () => {
    const { port } = await serveTls();
    const env = { CODEX_CA_CERTIFICATE: certPath("other-root.pem"), SSL_CERT_FILE: certPath("root.pem") };
    expect(await probe(env, port)).toMatchObject({
      error: { kind: "network", phase: "tls", code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" },
    });
  });

  test("not for nothing", async () => {
    const { port } = await serveTls();
    expect(await probe({}, port)).toMatchObject({ error: { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" } });
  });

  test("not because NODE_TLS_REJECT_UNAUTHORIZED is 0", async () => {
    const { port } = await serveTls();
    const env = { NODE_TLS_REJECT_UNAUTHORIZED: "0" };
    expect(await probe(env, port)).toMatchObject({
      error: {
        code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
        message: expect.stringContaining("NODE_TLS_REJECT_UNAUTHORIZED=0 has no effect here"),
      },
    });
  });
});
