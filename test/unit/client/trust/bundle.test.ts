import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CodexApiError } from "../../../../src/api/refusal/kinds.ts";
import {
  type CaError,
  CaInvalidError,
  CaReadError,
  CaRejectedError,
  isCaError,
} from "../../../../src/client/failure/kinds.ts";
import { loadCaBundle, readCaBundle } from "../../../../src/client/trust/bundle.ts";
import { cert, certPath } from "../../../support/certs.ts";
import { recordLog } from "../../../support/log-lines.ts";

const HINT =
  "If you set CODEX_CA_CERTIFICATE or SSL_CERT_FILE, ensure it points to a PEM file containing one or more CERTIFICATE blocks, or unset it to use system roots.";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "codex-wire-trust-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(content: string | Uint8Array): string {
  const path = join(folder, `${Math.random().toString(36).slice(2)}.pem`);
  writeFileSync(path, content);
  return path;
}

function failureOf(run: () => unknown): CaError {
  try {
    run();
  } catch (error) {
    if (isCaError(error)) return error;
    throw error;
  }
  throw new Error("no failure");
}

const subjects = (content: string | Uint8Array) =>
  loadCaBundle({ CODEX_CA_CERTIFICATE: write(content) })?.certificates.map(({ x509 }) => x509.subject.split("CN=")[1]);

const base64Of = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const section = (label: string, bytes: Uint8Array) =>
  `-----BEGIN ${label}-----\n${base64Of(bytes)}\n-----END ${label}-----\n`;
const rootDer = new X509Certificate(cert("root.pem")).raw;
const garbage = section("CERTIFICATE", Buffer.from("this is no certificate"));

test("no variable, no bundle; and the log says so", () => {
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
    ["one without settings behind it", section("TRUSTED CERTIFICATE", rootDer), [ROOT]],
    ["a TRUSTED CERTIFICATE among others", cert("other-root.pem", "trusted.pem"), [OTHER, ROOT]],
    [
      "settings behind a plain label, in a file with a trusted one",
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

test("a bundle says where it came from and what it left out", () => {
  const path = write(cert("trusted.pem", "crl.pem", "server.key", "root.p7b") + section("X509 CRL", Buffer.from("no")));
  const bundle = loadCaBundle({ SSL_CERT_FILE: path });
  expect(bundle).toMatchObject({
    source: { sourceEnv: "SSL_CERT_FILE", path },
    normalizedTrusted: 1,
    ignored: { crls: 2, malformedCrls: 1, privateKeys: 1, other: 1 },
  });
  expect(bundle?.certificates).toEqual([{ x509: expect.any(X509Certificate), pem: cert("root.pem") }]);
});

test("the log names variable, path and count, and what was normalized and left out, each once", () => {
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

test("a failure is logged where it happens", () => {
  const logger = recordLog();
  const path = write("");
  failureOf(() => loadCaBundle({ SSL_CERT_FILE: path }, { logger }));
  const fields = { sourceEnv: "SSL_CERT_FILE", path, kind: "ca_invalid", code: undefined };
  expect(logger.lines).toEqual([{ level: "info", message: expect.stringContaining("no certificates found"), fields }]);
});

describe("a file that cannot be read is an error of its own:", () => {
  const read = (path: string) => failureOf(() => loadCaBundle({ CODEX_CA_CERTIFICATE: path }));
  const text = (path: string, reason: string) =>
    `Failed to read CA certificate file ${path} selected by CODEX_CA_CERTIFICATE: ${reason}. ${HINT}`;

  test("missing", () => {
    const path = join(folder, "missing.pem");
    const error = read(path);
    expect(error).toBeInstanceOf(CaReadError);
    expect(error.message).toBe(text(path, "No such file or directory (ENOENT)"));
    expect(error).toMatchObject({
      kind: "ca_read",
      sourceEnv: "CODEX_CA_CERTIFICATE",
      path,
      code: "ENOENT",
      retryable: false,
    });
    expect(CodexApiError.is(error)).toBe(true);
  });

  test("the other variable is named when it chose", () => {
    const path = join(folder, "missing.pem");
    const { message, sourceEnv } = failureOf(() => loadCaBundle({ SSL_CERT_FILE: path }));
    expect(message).toContain(`${path} selected by SSL_CERT_FILE: No such file`);
    expect(sourceEnv).toBe("SSL_CERT_FILE");
  });

  test("a folder", () => {
    expect(read(folder)).toMatchObject({
      kind: "ca_read",
      code: "EISDIR",
      message: text(folder, "Is a directory (EISDIR)"),
    });
  });

  test("a path through a file", () => {
    const path = `${certPath("root.pem")}/ca.pem`;
    expect(read(path)).toMatchObject({ code: "ENOTDIR", message: text(path, "Not a directory (ENOTDIR)") });
  });

  test("a loop of links", () => {
    const path = join(folder, "loop.pem");
    symlinkSync(path, path);
    expect(read(path)).toMatchObject({
      code: "ELOOP",
      message: expect.stringContaining("Too many levels of symbolic links (ELOOP)"),
    });
  });

  test.runIf(process.getuid?.() !== 0)("forbidden", () => {
    const path = write(cert("root.pem"));
    execFileSync("chmod", ["000", path]);
    expect(read(path)).toMatchObject({ code: "EACCES", message: text(path, "Permission denied (EACCES)") });
  });

  test("a pipe, without waiting for a writer", () => {
    const path = join(folder, "pipe.pem");
    execFileSync("mkfifo", [path]);
    expect(read(path)).toMatchObject({ kind: "ca_read", message: text(path, "it is a pipe, not a regular file") });
  });

  test("a device", () => {
    expect(read("/dev/zero").message).toBe(text("/dev/zero", "it is a character device, not a regular file"));
  });

  test("larger than 64 MiB", () => {
    const path = write("");
    truncateSync(path, 64 * 1024 * 1024 + 1);
    expect(read(path)).toMatchObject({ code: "EFBIG", message: text(path, "it is larger than 64 MiB") });
  });

  test("an impossible path", () => {
    expect(failureOf(() => readCaBundle({ path: "a\0b" }))).toMatchObject({
      kind: "ca_read",
      code: "ERR_INVALID_ARG_VALUE",
    });
  });

  test.each([
    ["white space", "/nowhere/ca.pem ", /white space, which counts\.$/],
    ["quotation marks", '"/nowhere/ca.pem"', /quotation marks, which count\.$/],
    ["an unexpanded ~", "~/ca.pem", /begins with ~, which only a shell replaces/],
  ])("a slip in the path is pointed out after the hint: %s", (_title, path, remark) => {
    const { message } = read(path);
    expect(message).toContain(HINT);
    expect(message).toMatch(remark);
  });
});

describe("a file without a certificate says what it holds instead:", () => {
  const cases: readonly (readonly [title: string, content: string | Uint8Array, found: string | RegExp])[] = [
    ["nothing", "", "The file is empty."],
    ["white space", " \n\n", "The file contains only white space."],
    ["a key", cert("server.key"), "Found instead: 1 × private key."],
    ["a CRL", cert("crl.pem"), "Found instead: 1 × certificate revocation list."],
    [
      "keys and a CRL",
      cert("server.key", "crl.pem", "client.key"),
      "Found instead: 2 × private key, 1 × certificate revocation list.",
    ],
    ["PKCS#7", cert("root.p7b"), /^Found instead: 1 × section "PKCS7"\. Convert with: openssl pkcs7 -print_certs/],
    [
      "a binary certificate",
      rootDer,
      /^Found instead: a certificate in binary DER form\. Convert with: openssl x509 -inform der/,
    ],
    ["a PKCS#12 store", Buffer.from("3003020103", "hex"), /PKCS#12 store or a key in binary form/],
    ["a binary PKCS#7 file", Buffer.from("3003060100", "hex"), /a PKCS#7 file in binary form/],
    ["other DER data", Buffer.from("30023000", "hex"), "Found instead: binary DER data."],
    ["a Java key store", Buffer.from("feedfeed00000002", "hex"), /a Java key store\. Export/],
    ["an HTML page", "<!DOCTYPE html><title>Log in</title>", /an HTML or XML page, perhaps the error or login page/],
    ["an HTML page after a byte order mark", "\ufeff\n<html>", /an HTML or XML page/],
    ["base64 without its markers", `${base64Of(rootDer)}\n`, /base64 without the lines -----BEGIN CERTIFICATE-----/],
    ["text", "grüße\n", /text without a line that begins with -----BEGIN CERTIFICATE-----/],
    ["binary data", Buffer.from([1, 2, 3, 0]), "Found instead: binary data."],
  ];
  test.each(cases)("%s", (_title, content, found) => {
    const path = write(content);
    const error = failureOf(() => loadCaBundle({ CODEX_CA_CERTIFICATE: path }));
    const start = `Failed to load CA certificates from ${path} selected by CODEX_CA_CERTIFICATE: no certificates found in PEM file. ${HINT} `;
    expect(error).toBeInstanceOf(CaInvalidError);
    expect(error).toMatchObject({ kind: "ca_invalid", sourceEnv: "CODEX_CA_CERTIFICATE", path });
    expect(error.message.startsWith(start)).toBe(true);
    const rest = error.message.slice(start.length);
    if (typeof found === "string") expect(rest).toBe(found);
    else expect(rest).toMatch(found);
  });
});

describe("a file that is no PEM file is refused as a whole:", () => {
  const aux = "failed to extract certificate data from TRUSTED CERTIFICATE: invalid DER length";
  const begin = "-----BEGIN CERTIFICATE-----\n";
  test.each([
    [
      "bad base64",
      `${begin}!!!!\n-----END CERTIFICATE-----\n`,
      'failed to parse PEM file: base64 decode error: invalid character "!" at line 2',
    ],
    [
      "no end",
      cert("root.pem").replace("-----END", ""),
      'failed to parse PEM file: missing section end marker: no "-----END CERTIFICATE-----" for the section that begins at line 1',
    ],
    [
      "good certificates before a section without its end",
      `${cert("root.pem")}-----BEGIN PRIVATE KEY-----\nAAAA\n`,
      /failed to parse PEM file: missing section end marker: no "-----END PRIVATE KEY-----" .* line \d+$/,
    ],
    [
      "a trusted certificate of indefinite length",
      section("TRUSTED CERTIFICATE", Buffer.from("308000000000", "hex")),
      aux,
    ],
    ["a trusted certificate that overruns", section("TRUSTED CERTIFICATE", rootDer.subarray(0, 100)), aux],
  ])("%s", (_title, content, detail) => {
    const path = write(content);
    const error = failureOf(() => loadCaBundle({ CODEX_CA_CERTIFICATE: path }));
    const start = `Failed to load CA certificates from ${path} selected by CODEX_CA_CERTIFICATE: `;
    expect(error.kind).toBe("ca_invalid");
    expect(error.message.startsWith(start) && error.message.endsWith(`. ${HINT}`)).toBe(true);
    const found = error.message.slice(start.length, -HINT.length - 2);
    if (typeof detail === "string") expect(found).toBe(detail);
    else expect(found).toMatch(detail);
  });
});

describe("a section that is no certificate refuses the whole bundle and is named by its number:", () => {
  test.each([
    ["alone", garbage, 1],
    ["after a good one", cert("root.pem") + garbage, 2],
    ["after a key and a good one", cert("server.key", "root.pem") + garbage, 2],
    ["before a good one", garbage + cert("root.pem"), 1],
    ["empty", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", 1],
    ["a certificate cut short", section("CERTIFICATE", rootDer.subarray(0, -20)), 1],
  ])("%s", (_title, content, certificateIndex) => {
    const path = write(content);
    const error = failureOf(() => loadCaBundle({ CODEX_CA_CERTIFICATE: path }));
    expect(error).toBeInstanceOf(CaRejectedError);
    expect(error).toMatchObject({ kind: "ca_rejected", sourceEnv: "CODEX_CA_CERTIFICATE", path, certificateIndex });
    const start = `Failed to parse certificate #${certificateIndex} from ${path} selected by CODEX_CA_CERTIFICATE: `;
    expect(error.message.startsWith(start) && error.message.endsWith(`. ${HINT}`)).toBe(true);
  });

  test("a certificate with something behind it", () => {
    const content = section("CERTIFICATE", Buffer.concat([rootDer, Buffer.from([0])]));
    expect(failureOf(() => readCaBundle({ pem: content })).message).toContain(
      "certificate #1 from the PEM text selected by the option ca: it has data after its end.",
    );
  });
});

test("a bundle of the program's own is named by the option, in the hint too", () => {
  const missing = failureOf(() => readCaBundle({ path: "/nowhere/ca.pem" }));
  expect(missing.message).toMatch(
    /^Failed to read CA certificate file \/nowhere\/ca\.pem selected by the option ca: No such file.*Give the option ca a PEM file/,
  );
  expect(missing.sourceEnv).toBeUndefined();
  expect(failureOf(() => readCaBundle({ pem: "" })).message).toMatch(
    /^Failed to load CA certificates from the PEM text selected by the option ca: no certificates found/,
  );
});

test("a file that changes is read anew", () => {
  const path = write(cert("root.pem"));
  const first = loadCaBundle({ CODEX_CA_CERTIFICATE: path });
  writeFileSync(path, cert("other-root.pem"));
  const second = loadCaBundle({ CODEX_CA_CERTIFICATE: path });
  expect(second?.certificates[0]?.pem).toBe(cert("other-root.pem"));
  expect(second?.digest).not.toBe(first?.digest);
});

test("content that was checked is not checked again, unless many others came between", () => {
  const read = (count: number) => readCaBundle({ pem: cert("root.pem").repeat(count) }).certificates;
  const [first, second] = [read(1), read(2)];
  for (let count = 3; count <= 9; count++) {
    expect(read(1)).toBe(first);
    read(count);
  }
  expect(read(1)).toBe(first);
  expect(read(2)).not.toBe(second);
});

test("a thousand certificates are read in about the time of a thousand certificates", () => {
  const path = write(cert("root.pem").repeat(1000));
  const started = performance.now();
  expect(loadCaBundle({ CODEX_CA_CERTIFICATE: path })?.certificates).toHaveLength(1000);
  expect(performance.now() - started).toBeLessThan(2_000); // 130 ms on Node 20; quadratic work would take minutes
});
