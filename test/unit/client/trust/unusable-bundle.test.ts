import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { symlinkSync, truncateSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CodexApiError } from "../../../../src/api/refusal/kinds.ts";
import { CaInvalidError, CaReadError, CaRejectedError } from "../../../../src/client/failure/kinds.ts";
import { loadCaBundle, readCaBundle } from "../../../../src/client/trust/bundle.ts";
import { cert, certPath } from "../../../support/certs.ts";
import { bundleFolder, failureOf } from "./bundle-files.ts";

const HINT =
  "If you set CODEX_CA_CERTIFICATE or SSL_CERT_FILE, ensure it points to a PEM file containing one or more CERTIFICATE blocks, or unset it to use system roots.";

const { inFolder, write } = bundleFolder();

const base64Of = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const section = (label: string, bytes: Uint8Array) =>
  `-----BEGIN ${label}-----\n${base64Of(bytes)}\n-----END ${label}-----\n`;
const rootDer = new X509Certificate(cert("root.pem")).raw;
const garbage = section("CERTIFICATE", Buffer.from("this is no certificate"));

describe("a file that cannot be read is an error of its own:", () => {
  const read = (path: string) => failureOf(() => loadCaBundle({ CODEX_CA_CERTIFICATE: path }));
  const text = (path: string, reason: string) =>
    `Failed to read CA certificate file ${path} selected by CODEX_CA_CERTIFICATE: ${reason}. ${HINT}`;

  test("a missing one", () => {
    const path = inFolder("missing.pem");
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

  test("the variable that chose it is named", () => {
    const path = inFolder("missing.pem");
    const { message, sourceEnv } = failureOf(() => loadCaBundle({ SSL_CERT_FILE: path }));
    expect(message).toContain(`${path} selected by SSL_CERT_FILE: No such file`);
    expect(sourceEnv).toBe("SSL_CERT_FILE");
  });

  test("a folder", () => {
    expect(read(inFolder(""))).toMatchObject({
      kind: "ca_read",
      code: "EISDIR",
      message: text(inFolder(""), "Is a directory (EISDIR)"),
    });
  });

  test("a path through a file", () => {
    const path = `${certPath("root.pem")}/ca.pem`;
    expect(read(path)).toMatchObject({ code: "ENOTDIR", message: text(path, "Not a directory (ENOTDIR)") });
  });

  test("a loop of links", () => {
    const path = inFolder("loop.pem");
    symlinkSync(path, path);
    expect(read(path)).toMatchObject({
      code: "ELOOP",
      message: expect.stringContaining("Too many levels of symbolic links (ELOOP)"),
    });
  });

  test.runIf(process.getuid?.() !== 0)("one without permission", () => {
    const path = write(cert("root.pem"));
    execFileSync("chmod", ["000", path]);
    expect(read(path)).toMatchObject({ code: "EACCES", message: text(path, "Permission denied (EACCES)") });
  });

  test("a pipe, without waiting for a writer", () => {
    const path = inFolder("pipe.pem");
    execFileSync("mkfifo", [path]);
    expect(read(path)).toMatchObject({ kind: "ca_read", message: text(path, "it is a pipe, not a regular file") });
  });

  test("a device", () => {
    expect(read("/dev/zero").message).toBe(text("/dev/zero", "it is a character device, not a regular file"));
  });

  test("one larger than 64 MiB", () => {
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
    ["quotation marks", '"/nowhere/ca.pem"', /in quotation marks: leave them out\.$/],
    ["an unexpanded ~", "~/ca.pem", /begins with ~, which only a shell replaces/],
  ])("a typing mistake in the path is pointed out after the hint: %s", (_title, path, remark) => {
    const { message } = read(path);
    expect(message).toContain(HINT);
    expect(message).toMatch(remark);
  });
});

describe("a file without a certificate is reported with what it contains instead:", () => {
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

describe("a file that is not a PEM file is refused as a whole:", () => {
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

describe("a section that is not a certificate makes the whole bundle refused, and is named by its number:", () => {
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

  test("a certificate with something after it", () => {
    const content = section("CERTIFICATE", Buffer.concat([rootDer, Buffer.from([0])]));
    expect(failureOf(() => readCaBundle({ pem: content })).message).toContain(
      "certificate #1 from the PEM text selected by the option ca: it has data after its end.",
    );
  });
});
