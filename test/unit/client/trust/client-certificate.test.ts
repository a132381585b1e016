import { writeFileSync } from "node:fs";
import { join } from "node:path";
import tls from "node:tls";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { BuildError } from "../../../../src/client/failure/kinds.ts";
import { type ClientCertificate, loadClientCertificate } from "../../../../src/client/trust/client-certificate.ts";
import { createTrust } from "../../../../src/client/trust/index.ts";
import { cert, certPath } from "../../../support/certs.ts";
import { recordLog } from "../../../support/log-lines.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";

/** A key with the header that OpenSSL wrote before PKCS#8. */
function oldForm(encryption: string): string {
  const header = `Proc-Type: 4,ENCRYPTED\nDEK-Info: ${encryption}`;
  const body = Buffer.alloc(128, 7).toString("base64");
  return `-----BEGIN RSA PRIVATE KEY-----\n${header}\n\n${body}\n-----END RSA PRIVATE KEY-----\n`;
}

const file = (name: string) => ({ path: certPath(name) });
const good: ClientCertificate = { cert: file("client.pem"), key: file("client.key") };
const encrypted: ClientCertificate = {
  cert: file("client.pem"),
  key: file("client-encrypted.key"),
  passphrase: "fixture",
};

test.each([
  ["files", good],
  ["text", { cert: { pem: cert("client.pem") }, key: { pem: Buffer.from(cert("client.key")) } }],
  ["an encrypted key and its passphrase", encrypted],
])("a client certificate is read from %s", (_title, source) => {
  expect(loadClientCertificate(source).options.cert?.toString()).toBe(cert("client.pem"));
});

test("files and texts with equal content are the same, another passphrase is not", () => {
  const { digest } = loadClientCertificate(good);
  expect(loadClientCertificate({ cert: { pem: cert("client.pem") }, key: { pem: cert("client.key") } }).digest).toBe(
    digest,
  );
  expect(loadClientCertificate({ ...good, passphrase: "unused" }).digest).not.toBe(digest);
});

test("the same files are checked once, and again when one has changed", () => {
  const folder = temporaryFolder("codex-wire-client-certificate");
  const [certFile, keyFile] = ["client.pem", "client.key"].map((name) => {
    const path = join(folder, name);
    writeFileSync(path, `${cert(name)}\n# ${folder}\n`); // no other test has tried this text
    return path;
  }) as [string, string];
  const source = { cert: { path: certFile }, key: { path: keyFile } };
  const tries = vi.spyOn(tls, "createSecureContext");
  onTestFinished(() => tries.mockRestore());
  const first = loadClientCertificate(source);
  expect(loadClientCertificate(source)).toBe(first);
  expect(tries).toHaveBeenCalledTimes(1);
  writeFileSync(certFile, `${cert("client.pem")}\n# renewed\n`);
  expect(loadClientCertificate(source)).not.toBe(first);
  expect(tries).toHaveBeenCalledTimes(2);
});

test("a client certificate in UTF-16, as Windows shells write it, is read", () => {
  const utf16 = (name: string) => ({ pem: Buffer.from(`\ufeff${cert(name)}`, "utf16le") });
  expect(loadClientCertificate({ cert: utf16("client.pem"), key: utf16("client.key") }).digest).toBe(
    loadClientCertificate(good).digest,
  );
});

describe("an unusable client certificate is an error when a client is built:", () => {
  test.each([
    [
      "the key of another",
      { ...good, key: file("server.key") },
      /client\.pem cannot be used with the key .*server\.key: the key belongs to another certificate$/,
    ],
    ["no passphrase", { cert: encrypted.cert, key: encrypted.key }, /the key is encrypted; give its passphrase$/],
    ["a wrong passphrase", { ...encrypted, passphrase: "no" }, /the passphrase does not open the key$/],
    [
      "a wrong passphrase that decrypts to nonsense",
      { ...encrypted, passphrase: "wrong" },
      /the passphrase does not open the key$/,
    ],
    [
      "a text that is not PEM",
      { ...good, cert: { pem: "x" } },
      /^the client certificate \(given as text\) holds no CERTIFICATE block, .* Found instead: text without a line that begins/,
    ],
    [
      "the two swapped",
      { cert: good.key, key: good.cert },
      /^the client certificate .*client\.key holds no CERTIFICATE block, .* Found instead: 1 × private key\.$/,
    ],
    [
      "a PFX given as PEM",
      { ...good, cert: { pem: Buffer.from("3003020103", "hex") } },
      /holds no CERTIFICATE block, .* a PFX \(PKCS#12\) store is converted with: openssl pkcs12/,
    ],
    [
      "a key encrypted with an algorithm that OpenSSL 3 dropped",
      {
        ...good,
        key: file("client-legacy.key"),
        passphrase: "right",
      },
      /the key is encrypted with PBE-MD5-DES, which OpenSSL 3 does not take any more; convert it with: openssl pkcs8/,
    ],
    [
      "a key in the oldest form, encrypted with an algorithm that OpenSSL 3 dropped",
      { ...good, key: { pem: oldForm("RC2-40-CBC,0102030405060708") }, passphrase: "right" },
      /the key is encrypted with RC2-40-CBC, which OpenSSL 3 does not take any more/,
    ],
    [
      "a key in the oldest form that is damaged",
      { ...good, key: { pem: oldForm("AES-128-CBC,00") }, passphrase: "right" },
      /the passphrase does not open the key|the key/,
    ],
    [
      "two labels exchanged",
      { cert: { pem: cert("client.key").replaceAll("PRIVATE KEY", "CERTIFICATE") }, key: file("client.key") },
      /client certificate/,
    ],
    [
      "a DER certificate as key",
      { ...good, key: { pem: Buffer.from("3003020103", "hex") } },
      /holds no PRIVATE KEY block, and must be PEM with a PRIVATE KEY block\. It is binary/,
    ],
    [
      "a certificate file that is missing",
      { ...good, cert: { path: "/nowhere.pem" } },
      /^cannot read the client certificate \/nowhere\.pem: No such file or directory/,
    ],
    [
      "a key file that is missing",
      { ...good, key: { path: "/nowhere.key" } },
      /^cannot read the client certificate's key \/nowhere\.key: No such/,
    ],
    ["a key that is too weak", { cert: file("rsa1024.pem"), key: file("rsa1024.key") }, /ee key too small$/],
  ])("%s", (_title, clientCertificate, message) => {
    const logger = recordLog();
    const build = () => createTrust({ env: {}, clientCertificate, logger });
    expect(build).toThrow(BuildError);
    expect(build).toThrow(message);
    expect(logger.lines.at(-1)).toEqual({
      level: "error",
      message: expect.stringMatching(message),
      fields: { kind: "build" },
    });
  });
});
