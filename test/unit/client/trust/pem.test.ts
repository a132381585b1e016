import { X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { parsePem, toCertificatePem } from "../../../../src/client/trust/pem/sections.ts";
import { cert } from "../../../support/certs.ts";

const root = cert("root.pem");
const rootBase64 = new X509Certificate(root).raw.toString("base64");
const lines = root.trimEnd().split("\n");
const utf16 = Buffer.from(`\ufeff${root}`, "utf16le");

describe("a certificate is found", () => {
  test.each([
    ["as OpenSSL writes it", root],
    ["with CRLF", lines.join("\r\n")],
    ["with CR alone", lines.join("\r")],
    ["without a line break at the end", lines.join("\n")],
    ["after a byte order mark", `\ufeff${root}`],
    ["after a byte order mark in UTF-8", Buffer.from(`\ufeff${root}`)],
    ["in UTF-16, as Windows shells write it", utf16],
    ["in UTF-16 of the other byte order", Buffer.from(utf16).swap16()],
    ["with blank lines inside", lines.join("\n\n")],
    ["with indented lines", lines.map((line) => `    ${line}`).join("\n")],
    ["with tabs and spaces at the ends of lines", lines.map((line) => `\t${line} \t`).join("\n")],
    ["with its base64 in one line", [lines[0], rootBase64, lines.at(-1)].join("\n")],
    ["with comments around it", `# Example Root CA ✓\nserial: 1\n${root}\n-- end of file --`],
    ["after text that mentions its marker", `put it between -----BEGIN CERTIFICATE----- and the end\n${root}`],
    ["with an older label", root.replaceAll("CERTIFICATE", "X509 CERTIFICATE")],
    ["after headers", root.replace("-----\n", "-----\nX-Note: a\nX-More: b\n\n")],
    ["after headers, with CRLF", root.replace("-----\n", "-----\nX-Note: a\n\n").replaceAll("\n", "\r\n")],
    ["after a stray end line", `-----END CERTIFICATE-----\n${root}`],
    ["closed with another of its labels", root.replace("END CERTIFICATE", "END TRUSTED CERTIFICATE")],
  ])("%s", (_title, input) => {
    const sections = parsePem(input);
    expect(sections).toMatchObject([{ kind: "certificate", base64: rootBase64 }]);
    expect(sections[0]!.problem).toBeUndefined();
  });
});

test("sections are separated, in order and with their lines", () => {
  const encrypted =
    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
  const input = `# two lines\n${root}${encrypted}${cert("server.key", "crl.pem", "trusted.pem", "root.p7b")}`;
  const found = parsePem(input).map(({ kind, label, line }) => [kind, label, line]);
  const lineOf = (text: string) => input.slice(0, input.indexOf(text)).split("\n").length;
  expect(found).toEqual([
    ["certificate", "CERTIFICATE", 2],
    ["private key", "RSA PRIVATE KEY", lineOf("-----BEGIN RSA")],
    ["private key", "PRIVATE KEY", lineOf("-----BEGIN PRIVATE")],
    ["crl", "X509 CRL", lineOf("-----BEGIN X509 CRL")],
    ["trusted certificate", "TRUSTED CERTIFICATE", lineOf("-----BEGIN TRUSTED")],
    ["other", "PKCS7", lineOf("-----BEGIN PKCS7")],
  ]);
});

test("an unknown label is another kind, even if objects inherit a property of that name", () => {
  const [found] = parsePem("-----BEGIN constructor-----\nAAAA\n-----END constructor-----\n");
  expect(found).toMatchObject({ kind: "other", label: "constructor" });
});

test("the content of a private key is not kept", () => {
  expect(parsePem(cert("server.key"))).toEqual([{ kind: "private key", label: "PRIVATE KEY", line: 1, base64: "" }]);
});

describe("a section is refused", () => {
  const begin = "-----BEGIN CERTIFICATE-----";
  const end = "-----END CERTIFICATE-----";
  test.each([
    ["without an end", `\n${begin}\nAAAA\n`, /missing section end marker.*"-----END CERTIFICATE-----".* line 2$/],
    ["when another begins inside", `${begin}\nAAAA\n${root}`, /missing section end marker.* line 1$/],
    [
      "when another label ends it",
      `${begin}\nAAAA\n-----END X509 CRL-----\n`,
      /missing.* line 1; found "-----END X509 CRL-----" at line 3$/,
    ],
    [
      "with a letter outside base64",
      `${begin}\nAAAA\nAA!A\n${end}`,
      /base64 decode error: invalid character "!" at line 3$/,
    ],
    ["with a letter outside base64, with CRLF", `${begin}\r\nAAAA\r\nAA!A\r\n${end}`, /"!" at line 3$/],
    [
      "with a group cut short",
      `${begin}\nAAAA\nAAA\n${end}`,
      /base64 decode error: wrong length or padding in the section at line 1$/,
    ],
    ["with padding in the middle", `${begin}\nAA==\nAAAA\n${end}`, /wrong length or padding/],
    [
      "with four dashes",
      `-----BEGIN CERTIFICATE----\nAAAA\n${end}`,
      /illegal section start at line 1: a separate line/,
    ],
    ["on one line", `${begin} AAAA ${end}`, /illegal section start at line 1: a separate line/],
    [
      "with line breaks written as \\n",
      `${begin}\\nAAAA\\n${end}`,
      /illegal section start at line 1: line breaks are written as \\n$/,
    ],
  ])("%s", (_title, input, problem) => {
    expect(parsePem(input)[0]!.problem).toMatch(problem);
  });

  test("and the next one is still read", () => {
    expect(parsePem(`-----BEGIN X509 CRL-----\nAAAA\n${root}`)).toMatchObject([
      { kind: "crl", problem: expect.stringContaining("missing section end marker") },
      { kind: "certificate", base64: rootBase64 },
    ]);
  });
});

test.each([
  ["without content", ""],
  ["of text", "hello\n-----\nBEGIN CERTIFICATE\n"],
  ["of zero bytes", new Uint8Array(100)],
])("a file %s has no sections", (_title, input) => {
  expect(parsePem(input)).toEqual([]);
});

test("the time is linear in the size of the file", () => {
  const timeOf = (input: string) => {
    const started = performance.now();
    parsePem(input);
    return performance.now() - started;
  };
  const hostile = [
    root.repeat(20_000),
    "\n".repeat(2_000_000),
    " ".repeat(2_000_000),
    "-".repeat(2_000_000),
    "-----BEGIN ".repeat(200_000),
    "-----BEGIN A-----\n".repeat(100_000),
    `-----BEGIN CERTIFICATE-----\nA: ${"\r".repeat(1_000_000)}\n-----END CERTIFICATE-----`,
  ];
  for (const input of hostile) expect(timeOf(input)).toBeLessThan(2_000);
});

test("a certificate is written in lines of 64 letters", () => {
  expect(toCertificatePem(rootBase64)).toBe(root);
});
