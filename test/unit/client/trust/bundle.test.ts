import { X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { loadCaBundle, readCaBundle } from "../../../../src/client/trust/bundle.ts";
import { cert, certPath } from "../../../support/certs.ts";
import { recordLog } from "../../../support/log-lines.ts";
import { bundleFolder, failureOf } from "./bundle-files.ts";

const { write } = bundleFolder();

const subjects = (content: string | Uint8Array) =>
  loadCaBundle({ CODEX_CA_CERTIFICATE: write(content) })?.certificates.map(({ x509 }) => x509.subject.split("CN=")[1]);

const base64Of = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const section = (label: string, bytes: Uint8Array) =>
  `-----BEGIN ${label}-----\n${base64Of(bytes)}\n-----END ${label}-----\n`;
const rootDer = new X509Certificate(cert("root.pem")).raw;

test("without a variable there is no bundle, and the log says so", () => {
  const logger = recordLog();
  expect(loadCaBundle({}, { logger })).toBeUndefined();
  expect(logger.lines).toMatchObject([
    { level: "debug", message: expect.stringContaining("neither CODEX_CA_CERTIFICATE nor SSL_CERT_FILE") },
  ]);
});

describe("a bundle is read from", () => {
  const ROOT = "Example Root CA";
  const OTHER = "Other Root CA";
  test.each([
    ["one certificate", cert("root.pem"), [ROOT]],
    [
      "several, in the file's order",
      cert("other-root.pem", "root.pem", "intermediate.pem"),
      [OTHER, ROOT, "Example Issuing CA"],
    ],
    ["a TRUSTED CERTIFICATE", cert("trusted.pem"), [ROOT]],
    ["one without settings after it", section("TRUSTED CERTIFICATE", rootDer), [ROOT]],
    ["a TRUSTED CERTIFICATE among others", cert("other-root.pem", "trusted.pem"), [OTHER, ROOT]],
    [
      "settings under a plain label, in a file with a trusted one",
      cert("trusted.pem") + section("CERTIFICATE", Buffer.concat([rootDer, Buffer.from([0x30, 0x00])])),
      [ROOT, ROOT],
    ],
    ["a certificate and a CRL", cert("root.pem", "crl.pem"), [ROOT]],
    ["a CRL and a certificate", cert("crl.pem", "root.pem"), [ROOT]],
    // parity: trust/malformed-crl
    [
      "a malformed CRL and a certificate",
      `${section("X509 CRL", Buffer.from([0x30, 0x05]))}${cert("root.pem")}`,
      [ROOT],
    ],
    ["a CRL that does not end, and a certificate", `-----BEGIN X509 CRL-----\nAAAA\n${cert("root.pem")}`, [ROOT]],
    ["a key and a certificate", cert("server.key", "root.pem"), [ROOT]],
    ["a server's certificate and its root", cert("server.pem", "root.pem"), ["localhost", ROOT]],
  ])("%s", (_title, content, names) => {
    expect(subjects(content)).toEqual(names);
  });

  test("PEM text that the program gives", () => {
    const bundle = readCaBundle({ pem: cert("root.pem") });
    expect(bundle.source).toEqual({});
    expect(bundle.certificates.map(({ pem }) => pem)).toEqual([cert("root.pem")]);
    expect(readCaBundle({ pem: Buffer.from(cert("root.pem")) }).digest).toBe(bundle.digest);
  });

  test("a file that the program names", () => {
    const path = certPath("root.pem");
    expect(readCaBundle({ path })).toMatchObject({ source: { path }, certificates: [{ pem: cert("root.pem") }] });
  });
});

test("a bundle reports its source and what it left out", () => {
  const path = write(cert("trusted.pem", "crl.pem", "server.key", "root.p7b") + section("X509 CRL", Buffer.from("no")));
  const bundle = loadCaBundle({ SSL_CERT_FILE: path });
  expect(bundle).toMatchObject({
    source: { sourceEnv: "SSL_CERT_FILE", path },
    normalizedTrusted: 1,
    ignored: { crls: 2, malformedCrls: 1, privateKeys: 1, other: 1 },
  });
  expect(bundle?.certificates).toEqual([{ x509: expect.any(X509Certificate), pem: cert("root.pem") }]);
});

test("the log names variable, path and count, and once each what was normalized and left out", () => {
  const logger = recordLog();
  const path = write(cert("trusted.pem", "crl.pem", "crl.pem") + section("X509 CRL", Buffer.from("no")));
  const source = { sourceEnv: "CODEX_CA_CERTIFICATE", path };
  loadCaBundle({ CODEX_CA_CERTIFICATE: path, SSL_CERT_FILE: "/unused.pem" }, { logger });
  expect(logger.lines).toEqual([
    {
      level: "debug",
      message: "SSL_CERT_FILE has no effect beside CODEX_CA_CERTIFICATE",
      fields: { sourceEnv: "SSL_CERT_FILE", path: "/unused.pem" },
    },
    {
      level: "info",
      message: "normalized OpenSSL TRUSTED CERTIFICATE labels in CA bundle",
      fields: { ...source, sections: 1 },
    },
    {
      level: "warn",
      message: "ignored malformed certificate revocation lists in CA bundle",
      fields: { ...source, crls: 1 },
    },
    { level: "info", message: "ignored certificate revocation lists in CA bundle", fields: { ...source, crls: 3 } },
    { level: "info", message: "loaded certificates from CA bundle", fields: { ...source, certificates: 1 } },
  ]);
});

test("a failure is logged", () => {
  const logger = recordLog();
  const path = write("");
  failureOf(() => loadCaBundle({ SSL_CERT_FILE: path }, { logger }));
  const fields = { sourceEnv: "SSL_CERT_FILE", path, kind: "ca_invalid", code: undefined };
  expect(logger.lines).toEqual([{ level: "info", message: expect.stringContaining("no certificates found"), fields }]);
});

test("a bundle from an option is named by the option, in the hint too", () => {
  const missing = failureOf(() => readCaBundle({ path: "/nowhere/ca.pem" }));
  expect(missing.message).toMatch(
    /^Failed to read CA certificate file \/nowhere\/ca\.pem selected by the option ca: No such file.*Give the option ca a PEM file/,
  );
  expect(missing.sourceEnv).toBeUndefined();
  expect(failureOf(() => readCaBundle({ pem: "" })).message).toMatch(
    /^Failed to load CA certificates from the PEM text selected by the option ca: no certificates found/,
  );
});

test("a changed file is read again", () => {
  const path = write(cert("root.pem"));
  const first = loadCaBundle({ CODEX_CA_CERTIFICATE: path });
  writeFileSync(path, cert("other-root.pem"));
  const second = loadCaBundle({ CODEX_CA_CERTIFICATE: path });
  expect(second?.certificates[0]?.pem).toBe(cert("other-root.pem"));
  expect(second?.digest).not.toBe(first?.digest);
});

test("checked content is not checked again, unless many others came in between", () => {
  const read = (count: number) => readCaBundle({ pem: cert("root.pem").repeat(count) }).certificates;
  const [first, second] = [read(1), read(2)];
  for (let count = 3; count <= 9; count++) {
    expect(read(1)).toBe(first);
    read(count);
  }
  expect(read(1)).toBe(first);
  expect(read(2)).not.toBe(second);
});

test("the time for reading certificates is linear in their number", () => {
  const path = write(cert("root.pem").repeat(1000));
  const started = performance.now();
  expect(loadCaBundle({ CODEX_CA_CERTIFICATE: path })?.certificates).toHaveLength(1000);
  expect(performance.now() - started).toBeLessThan(2_000); // 130 ms on Node 20; quadratic work would take minutes
});
