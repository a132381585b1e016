import { X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { readCaBundle } from "../../../../src/client/trust/bundle.ts";
import { isTrustFailure, type TrustFacts, untrustedPeer } from "../../../../src/client/trust/handshake/failure.ts";
import { selectCaBundle } from "../../../../src/client/trust/selection.ts";
import { cert, certPath } from "../../../support/certs.ts";

const noBundle: TrustFacts = { selection: selectCaBundle({}), bundle: undefined, hasClientCertificate: false };

function withBundle(name: string): TrustFacts {
  const selection = selectCaBundle({ CODEX_CA_CERTIFICATE: certPath(name), SSL_CERT_FILE: "/unused.pem" });
  const bundle = {
    ...readCaBundle({ path: certPath(name) }),
    source: { sourceEnv: "CODEX_CA_CERTIFICATE", path: certPath(name) },
  } as const;
  return { selection, bundle, hasClientCertificate: false };
}

const chainOf = (...names: readonly string[]) => names.map((name) => new X509Certificate(cert(name)));
const now = Date.parse("2026-11-20T08:00:00Z");

describe("a refused certificate is explained:", () => {
  const weak = /must renew its certificates, with RSA of 2048 bits or more.* There is no option/;
  const cases: readonly (readonly [
    title: string,
    code: string,
    chain: readonly string[],
    facts: TrustFacts,
    what: string,
    finalCode: string,
    advice: RegExp,
  ])[] = [
    [
      "an unknown authority, nothing set",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      ["server.pem"],
      noBundle,
      "O=Example Corp, CN=Example Root CA, where its chain ends, is not among the trusted roots",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      /set CODEX_CA_CERTIFICATE to a PEM file that holds its CA certificate\. The server sent only its own certificate/,
    ],
    [
      "an unknown authority beside a bundle",
      "SELF_SIGNED_CERT_IN_CHAIN",
      ["server.pem", "root.pem"],
      withBundle("other-root.pem"),
      "O=Example Corp, CN=Example Root CA, where its chain ends, is not among the trusted roots",
      "SELF_SIGNED_CERT_IN_CHAIN",
      /add to \/.*other-root\.pem its CA certificate\.$/,
    ],
    [
      "an authority that was made anew",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      ["server.pem"],
      withBundle("twin-root.pem"),
      "O=Example Corp, CN=Example Root CA, where its chain ends, is not among the trusted roots",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      /A certificate of that name is in \/.*twin-root\.pem selected by CODEX_CA_CERTIFICATE, but with another key/,
    ],
    [
      "an authority that was made anew, found by the signature",
      "CERT_SIGNATURE_FAILURE",
      ["server.pem"],
      withBundle("twin-root.pem"),
      "O=Example Corp, CN=Example Root CA, where its chain ends, is not among the trusted roots",
      "CERT_SIGNATURE_FAILURE",
      /but with another key/,
    ],
    [
      "the server's own certificate in the bundle",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      ["server.pem"],
      withBundle("server.pem"),
      "O=Example Corp, CN=Example Root CA, where its chain ends, is not among the trusted roots",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      /server\.pem selected by CODEX_CA_CERTIFICATE has the server's own certificate, which vouches for nothing: put the certificate of O=Example Corp, CN=Example Root CA there\.$/,
    ],
    [
      "a forged signature",
      "CERT_SIGNATURE_FAILURE",
      ["server.pem"],
      withBundle("root.pem"),
      "its signature is not its authority's",
      "CERT_SIGNATURE_FAILURE",
      /damaged or forged/,
    ],
    [
      "an intermediate that was not sent",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      ["issued.pem"],
      withBundle("root.pem"),
      "O=Example Corp, CN=Example Issuing CA, where its chain ends, is not among the trusted roots",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      /an intermediate authority \(published at http:\/\/pki\.example\.test\/intermediate\.crt\), the server must send that too/,
    ],
    [
      "signed by itself",
      "DEPTH_ZERO_SELF_SIGNED_CERT",
      ["self-signed.pem"],
      noBundle,
      "it is signed by itself and is not among the trusted certificates",
      "DEPTH_ZERO_SELF_SIGNED_CERT",
      /If this server is the one you mean, set CODEX_CA_CERTIFICATE to a PEM file that holds this certificate\.$/,
    ],
    [
      "expired",
      "CERT_HAS_EXPIRED",
      ["expired.pem"],
      withBundle("root.pem"),
      "it has expired (valid from 2020-01-01T00:00:00Z to 2021-01-01T00:00:00Z; this machine's clock says 2026-11-20T08:00:00Z)",
      "CERT_HAS_EXPIRED",
      /If the clock is wrong, set it/,
    ],
    [
      "an expired one above it",
      "CERT_HAS_EXPIRED",
      ["server.pem", "expired.pem"],
      withBundle("root.pem"),
      "CN=localhost above it has expired (valid from 2020-01-01T00:00:00Z to 2021-01-01T00:00:00Z; this machine's clock says 2026-11-20T08:00:00Z)",
      "CERT_HAS_EXPIRED",
      /renewed/,
    ],
    [
      "an expired root that nobody sent",
      "CERT_HAS_EXPIRED",
      ["server.pem"],
      noBundle,
      "a certificate above it has expired (this machine's clock says 2026-11-20T08:00:00Z)",
      "CERT_HAS_EXPIRED",
      /Renew the root/,
    ],
    [
      "not valid yet",
      "CERT_NOT_YET_VALID",
      ["not-yet.pem"],
      withBundle("root.pem"),
      "it is not valid yet (valid from 2090-01-01T00:00:00Z to 2124-01-01T00:00:00Z; this machine's clock says 2026-11-20T08:00:00Z)",
      "CERT_NOT_YET_VALID",
      /If the clock is wrong, set it/,
    ],
    [
      "another host's",
      "ERR_TLS_CERT_ALTNAME_INVALID",
      ["other-host.pem"],
      withBundle("root.pem"),
      "it is valid for DNS:api.example.test, DNS:*.internal.example.test, not for localhost",
      "ERR_TLS_CERT_ALTNAME_INVALID",
      /captive portal/,
    ],
    [
      "made out to nobody",
      "ERR_TLS_CERT_ALTNAME_INVALID",
      ["client.pem"],
      withBundle("root.pem"),
      "it is valid for no name at all, not for localhost",
      "ERR_TLS_CERT_ALTNAME_INVALID",
      /Check the address/,
    ],
    [
      "a client's certificate",
      "INVALID_PURPOSE",
      ["client.pem"],
      withBundle("root.pem"),
      "it was not issued for servers",
      "INVALID_PURPOSE",
      /server authentication/,
    ],
    [
      "issued by one that is no authority",
      "INVALID_CA",
      ["server.pem"],
      withBundle("root.pem"),
      "one of the certificates above it is not allowed to issue certificates",
      "INVALID_CA",
      /CA:TRUE/,
    ],
    [
      "a weak key",
      "UNSPECIFIED",
      ["rsa1024.pem"],
      withBundle("root.pem"),
      "its key is too weak (RSA 1024 bit; RSA needs at least 2048)",
      "EE_KEY_TOO_SMALL",
      weak,
    ],
    [
      "a weak key of an authority that was sent",
      "UNSPECIFIED",
      ["under-weak.pem", "weak-intermediate.pem"],
      withBundle("root.pem"),
      "the key of its authority O=Example Corp, CN=Example Weak CA is too weak (RSA 1024 bit; RSA needs at least 2048)",
      "CA_KEY_TOO_SMALL",
      weak,
    ],
    [
      "a weak key of an authority in the bundle",
      "UNSPECIFIED",
      ["under-weak.pem"],
      withBundle("weak-intermediate.pem"),
      "the key of its authority O=Example Corp, CN=Example Weak CA is too weak (RSA 1024 bit; RSA needs at least 2048)",
      "CA_KEY_TOO_SMALL",
      weak,
    ],
    [
      "a weak signature",
      "UNSPECIFIED",
      ["sha1.pem"],
      withBundle("root.pem"),
      "it is signed with sha1WithRSAEncryption, which can be forged",
      "CA_MD_TOO_WEAK",
      weak,
    ],
    [
      "a weak signature above it",
      "UNSPECIFIED",
      ["server.pem", "sha1.pem"],
      withBundle("root.pem"),
      "CN=localhost above it is signed with sha1WithRSAEncryption, which can be forged",
      "CA_MD_TOO_WEAK",
      weak,
    ],
    [
      "for a reason without words",
      "CERT_CHAIN_TOO_LONG",
      ["server.pem"],
      noBundle,
      "it did not pass the check",
      "CERT_CHAIN_TOO_LONG",
      /Its issuer must fix/,
    ],
  ];
  test.each(cases)("%s", (_title, code, names, facts, what, finalCode, advice) => {
    const error = untrustedPeer({ host: "localhost", code, chain: chainOf(...names), now }, facts);
    expect(error).toMatchObject({ kind: "network", phase: "tls", code: finalCode, outlook: "never" });
    expect(
      error.message.startsWith(`TLS certificate of localhost refused: ${what} (${finalCode}). It presented CN=`),
    ).toBe(true);
    expect(error.message).toMatch(advice);
    expect(isTrustFailure(error)).toBe(true);
  });

  test.each([
    ["permitted subtree violation", "PERMITTED_VIOLATION", /name constraints/],
    ["excluded subtree violation", "EXCLUDED_VIOLATION", /name constraints/],
    ["unhandled critical extension", "UNHANDLED_CRITICAL_EXTENSION", /critical extension that OpenSSL does not know/],
    ["key usage does not include certificate signing", "KEYUSAGE_NO_CERTSIGN", /keyUsage keyCertSign/],
    ["a reason of tomorrow", "UNSPECIFIED", /it did not pass the check: a reason of tomorrow/],
  ])("for OpenSSL's reason: %s", (reason, code, text) => {
    const peer = { host: "localhost", code: "UNSPECIFIED", reason, chain: chainOf("server.pem"), now };
    const error = untrustedPeer(peer, noBundle);
    expect(error).toMatchObject({ code, retryable: false, message: expect.stringMatching(text) });
    expect(isTrustFailure(error)).toBe(true);
  });

  test("an expired certificate of the bundle that is not its authority is not blamed", () => {
    const peer = { host: "localhost", code: "CERT_HAS_EXPIRED", chain: chainOf("server.pem"), now };
    expect(untrustedPeer(peer, withBundle("expired.pem")).message).not.toContain(`(valid from`);
  });

  test("with a note if the bundle's file has changed since it was read", () => {
    const facts = withBundle("root.pem");
    const changed = { ...facts, bundle: { ...facts.bundle!, digest: "another" } };
    const peer = { host: "localhost", code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE", chain: chainOf("server.pem"), now };
    expect(untrustedPeer(peer, changed).message).toContain(`${certPath("root.pem")} has changed since it was read`);
    expect(untrustedPeer(peer, facts).message).not.toContain("has changed");
  });

  test("no certificate sent at all", () => {
    const { message } = untrustedPeer({ host: "a.test", code: "UNABLE_TO_GET_ISSUER_CERT", chain: [] }, noBundle);
    expect(message).toMatch(
      /^TLS certificate of a\.test refused: it presented no certificate \(UNABLE_TO_GET_ISSUER_CERT\)\. Only the system/,
    );
  });
});

// parity: trust/failure-explained
test("the message names both ends of the chain with key and signature, and what was trusted", () => {
  const chain = chainOf("issued.pem", "intermediate.pem");
  const { message } = untrustedPeer(
    { host: "localhost", code: "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", chain },
    withBundle("other-root.pem"),
  );
  expect(message).toContain(
    "It presented CN=localhost, issued by O=Example Corp, CN=Example Issuing CA (EC prime256v1, signed with ecdsa-with-SHA256); " +
      "the last of the 2 sent is O=Example Corp, CN=Example Issuing CA, issued by O=Example Corp, CN=Example Root CA (EC prime256v1, signed with sha256WithRSAEncryption).",
  );
  expect(message).toContain(
    `Trusted in addition to the system roots: 1 certificate from ${certPath("other-root.pem")} selected by CODEX_CA_CERTIFICATE; SSL_CERT_FILE=/unused.pem is therefore ignored.`,
  );
  const alone = untrustedPeer(
    { host: "localhost", code: "DEPTH_ZERO_SELF_SIGNED_CERT", chain: chainOf("self-signed.pem") },
    noBundle,
  );
  expect(alone.message).toContain(
    "It presented CN=localhost, issued by itself (EC prime256v1, signed with ecdsa-with-SHA256).",
  );
  expect(alone.message).toContain(
    "Only the system roots are trusted: neither CODEX_CA_CERTIFICATE nor SSL_CERT_FILE is set.",
  );
});
