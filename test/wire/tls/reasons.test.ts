// Reasons for which OpenSSL refuses a chain, with real chains made by the program `openssl`; skipped if it is not installed.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTrust, isTrustFailure } from "../../../src/client/trust/index.ts";
import { serveTls } from "../../support/tls-server.ts";
import { errorOf } from "../../support/transport.ts";

const CA = "basicConstraints=critical,CA:TRUE";
const SIGNS = "keyUsage=critical,keyCertSign,cRLSign";
const SERVER = ["basicConstraints=CA:FALSE", "extendedKeyUsage=serverAuth", "subjectAltName=DNS:localhost"];

let folder = "";
const at = (name: string) => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "chains-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Makes a certificate and its key; without an issuer it signs itself. */
function issue(name: string, extensions: readonly string[], issuer?: string): void {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", at(`${name}.key`)];
  const request = ["req", "-new", ...key, "-subj", `/CN=${name}`, "-out", at(`${name}.csr`)];
  execFileSync("openssl", request, { stdio: "pipe" });
  writeFileSync(at(`${name}.ext`), `${extensions.join("\n")}\n`);
  const signer = issuer ? ["-CA", at(`${issuer}.pem`), "-CAkey", at(`${issuer}.key`)] : ["-signkey", at(`${name}.key`)];
  const signing = ["x509", "-req", "-in", at(`${name}.csr`), ...signer, "-CAcreateserial", "-days", "365"];
  execFileSync("openssl", [...signing, "-extfile", at(`${name}.ext`), "-out", at(`${name}.pem`)], { stdio: "pipe" });
}

interface Chain {
  readonly what: string;
  readonly root?: readonly string[];
  readonly intermediates?: readonly (readonly string[])[];
  readonly leaf?: readonly string[];
  readonly code: string;
  readonly says: RegExp;
}

const CHAINS: readonly Chain[] = [
  {
    what: "an authority for other names alone",
    root: [CA, SIGNS, "nameConstraints=critical,permitted;DNS:corp.example"],
    code: "PERMITTED_VIOLATION",
    says: /may not issue certificates for this name \(name constraints\).*widen its name constraints or exempt this host/,
  },
  {
    what: "an authority that excludes the name",
    root: [CA, SIGNS, "nameConstraints=critical,excluded;DNS:localhost"],
    code: "EXCLUDED_VIOLATION",
    says: /name constraints/,
  },
  {
    what: "a critical extension that nobody knows",
    leaf: [...SERVER, "1.3.6.1.4.1.55555.1=critical,ASN1:UTF8String:x"],
    code: "UNHANDLED_CRITICAL_EXTENSION",
    says: /a critical extension that OpenSSL does not know.*not critical/,
  },
  {
    what: "an authority whose key usage does not let it sign",
    intermediates: [[CA, "keyUsage=critical,cRLSign"]],
    code: "KEYUSAGE_NO_CERTSIGN",
    says: /may not sign certificates.*reissued with keyUsage keyCertSign/,
  },
  {
    what: "an issuer that is no authority",
    intermediates: [["basicConstraints=critical,CA:FALSE"]],
    code: "INVALID_CA",
    says: /not allowed to issue certificates.*CA:TRUE/,
  },
  {
    what: "more authorities than the first one allows",
    root: [`${CA},pathlen:0`, SIGNS],
    intermediates: [[CA, SIGNS]],
    code: "PATH_LENGTH_EXCEEDED",
    says: /may not have that many authorities below itself.*longer path length/,
  },
  {
    what: "a certificate for clients",
    leaf: ["basicConstraints=CA:FALSE", "extendedKeyUsage=clientAuth", "subjectAltName=DNS:localhost"],
    code: "INVALID_PURPOSE",
    says: /not issued for servers/,
  },
];

describe.skipIf(spawnSync("openssl", ["version"]).status !== 0)("a chain is refused for OpenSSL's own reason:", () => {
  it.each(CHAINS)("$what", async ({ root = [CA, SIGNS], intermediates = [], leaf = SERVER, code, says }) => {
    issue("root", root);
    let issuer = "root";
    const names = intermediates.map((extensions, nth) => {
      issue(`between${nth}`, extensions, issuer);
      issuer = `between${nth}`;
      return issuer;
    });
    issue("leaf", leaf, issuer);
    const read = (name: string) => readFileSync(at(name), "utf8");
    const sent = ["leaf", ...names.reverse()].map((name) => read(`${name}.pem`)).join("");
    const peer = await serveTls({ cert: sent, key: read("leaf.key") });
    const trust = createTrust({ env: { CODEX_CA_CERTIFICATE: at("root.pem") } });
    const error = await errorOf(trust.connect({ socket: await peer.dial(), host: "localhost" }));
    expect(error).toMatchObject({ kind: "network", phase: "tls", code, outlook: "never" });
    expect((error as Error).message).toMatch(says);
    expect(isTrustFailure(error)).toBe(true);
    expect(peer.received).toBe("");
  });
});
