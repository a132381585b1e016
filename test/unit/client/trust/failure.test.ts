import { describe, expect, test } from "vitest";
import { CaReadError, HttpError, NetworkError, StreamError } from "../../../../src/client/failure/kinds.ts";
import {
  brokenHandshake,
  handshakeFailure,
  isTrustFailure,
  type TrustFacts,
  untrustedPeer,
} from "../../../../src/client/trust/handshake/failure.ts";
import { selectCaBundle } from "../../../../src/client/trust/selection.ts";
import { printable } from "../../../../src/client/wording/printable.ts";

const noBundle: TrustFacts = { selection: selectCaBundle({}), bundle: undefined, hasClientCertificate: false };

test.each([
  ["line breaks", "C=US\nCN=a", "C=US, CN=a"],
  ["terminal codes", "CN=\u001b[2Jgone", "CN=?[2Jgone"],
  ["reversed text", "CN=\u202etxt", "CN=?txt"],
  ["a very long text", "x".repeat(1000), `${"x".repeat(200)}…`],
])("names from the other side are safe to print: %s", (_title, name, shown) => {
  expect(printable(name)).toBe(shown);
});

describe("a failed handshake is explained:", () => {
  const openssl = (code: string, reason: string) =>
    Object.assign(new Error(`x:error:0A00045C:SSL routines:f:${reason}:a.c:1:`), { code, reason });
  const cases: readonly (readonly [
    title: string,
    error: Error,
    message: RegExp,
    retryable: boolean,
    trust: boolean,
  ])[] = [
    [
      "a client certificate demanded",
      openssl("ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "tlsv13 alert certificate required"),
      /^TLS handshake with a\.test failed: the server demands a client certificate \(ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED\)\. No client certificate is configured\. Give one/,
      false,
      true,
    ],
    [
      "one demanded, as TLS 1.2 says it",
      openssl("ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE", "sslv3 alert handshake failure"),
      /it demands a client certificate, or shares no cipher/,
      false,
      true,
    ],
    [
      "the same from a newer OpenSSL",
      openssl("ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE", "ssl/tls alert handshake failure"),
      /it demands a client certificate, or shares no cipher/,
      false,
      true,
    ],
    [
      "one demanded, as servers in Go say it",
      openssl("ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE", "sslv3 alert bad certificate"),
      /the server demands a client certificate .* No client certificate is configured/,
      false,
      true,
    ],
    [
      "no TLS on the other side",
      openssl("ERR_SSL_WRONG_VERSION_NUMBER", "wrong version number"),
      /does not use TLS on this port.* Check scheme/,
      false,
      false,
    ],
    [
      "no TLS, as an error of writing",
      Object.assign(
        new Error("write EPROTO 80:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../x.c:354:"),
        { code: "EPROTO" },
      ),
      /does not use TLS on this port \(ERR_SSL_WRONG_VERSION_NUMBER\)/,
      false,
      false,
    ],
    [
      "an old TLS",
      openssl("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", "tlsv1 alert protocol version"),
      /have no TLS version in common/,
      false,
      false,
    ],
    [
      "an unknown name",
      openssl("ERR_SSL_TLSV1_UNRECOGNIZED_NAME", "tlsv1 unrecognized name"),
      /does not know a host of that name/,
      false,
      false,
    ],
    [
      "no common protocol",
      openssl("ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL", "tlsv1 alert no application protocol"),
      /ALPN/,
      false,
      false,
    ],
    ["a weak key exchange", openssl("ERR_SSL_DH_KEY_TOO_SMALL", "dh key too small"), /too weak/, false, true],
    [
      "anything else",
      openssl("ERR_SSL_BAD_RECORD_TYPE", "bad record type"),
      /^TLS handshake with a\.test failed: bad record type\.$/,
      true,
      false,
    ],
  ];
  test.each(cases)("%s", (_title, cause, message, retryable, trust) => {
    const error = handshakeFailure(cause, "a.test", noBundle);
    expect(error).toMatchObject({ kind: "network", phase: "tls", retryable, cause });
    expect(error?.message).toMatch(message);
    expect(isTrustFailure(error)).toBe(trust);
  });

  test("a refused client certificate", () => {
    const refused = openssl("ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "tlsv1 alert unknown ca");
    const { message } = handshakeFailure(refused, "a.test", { ...noBundle, hasClientCertificate: true })!;
    expect(message).toMatch(
      /the server refused the client certificate \(.*\)\. A client certificate is configured\. Check/,
    );
  });

  test("errors that are not about TLS are left alone", () => {
    expect(
      handshakeFailure(Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }), "a.test", noBundle),
    ).toBeUndefined();
    expect(handshakeFailure(undefined, "a.test", noBundle)).toBeUndefined();
  });

  test("a connection closed during it, which may be temporary", () => {
    const cause = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
    expect(brokenHandshake(cause, "a.test")).toMatchObject({
      code: "ECONNRESET",
      phase: "tls",
      retryable: true,
      cause,
    });
    expect(brokenHandshake(undefined, "a.test").message).toMatch(
      /^the connection to a\.test was closed during the TLS handshake \(ECONNRESET\)/,
    );
  });
});

describe("a failure of trust is", () => {
  const expired = new NetworkError("", { code: "CERT_HAS_EXPIRED", phase: "tls" });
  test.each([
    ["a CA bundle that cannot be used", new CaReadError("", {}), true],
    ["one from another copy of the package", { kind: "ca_invalid", [Symbol.for("codex-wire.failure")]: true }, true],
    ["a refused certificate", expired, true],
    ["Node's own error for one", Object.assign(new Error(), { code: "SELF_SIGNED_CERT_IN_CHAIN" }), true],
    ["one inside another error", new StreamError("", { cause: new Error("", { cause: expired }) }), true],
    ["not a reset", new NetworkError("", { code: "ECONNRESET", phase: "tls" }), false],
    ["not a status", new HttpError("", { status: 401, headers: {}, body: "" }), false],
    ["not undefined", undefined, false],
  ])("%s", (_title, error, expected) => {
    expect(isTrustFailure(error)).toBe(expected);
  });

  test("found in a circular chain of causes", () => {
    const circle: { cause?: unknown } = {};
    circle.cause = circle;
    expect(isTrustFailure(circle)).toBe(false);
  });
});

test("a peer that only supports legacy renegotiation is final, with the setting that allows it and its risk", () => {
  for (const code of ["ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED", "EPROTO"]) {
    const message = "error:0A000152:SSL routines:final_renegotiate:unsafe legacy renegotiation disabled";
    const error = handshakeFailure(Object.assign(new Error(message), { code }), "localhost", noBundle);
    expect(error).toMatchObject({
      phase: "tls",
      code: "ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
      outlook: "never",
    });
    expect(error?.message).toMatch(/RFC 5746.*OPENSSL_CONF.*Options = UnsafeLegacyServerConnect/);
    expect(isTrustFailure(error)).toBe(false);
  }
});

test("a runtime whose TLS ends the handshake by its own check is reported as a refused certificate, without showing one", () => {
  const refused = {
    host: "localhost",
    code: "CERT_UNTRUSTED",
    reason: "invalid peer certificate: BadSignature",
    chain: [],
  };
  const error = untrustedPeer(refused, noBundle);
  expect(error.message).toMatch(
    /refused: it did not pass the check: invalid peer certificate: BadSignature \(CERT_UNTRUSTED\)/,
  );
  expect(error.message).toContain("set CODEX_CA_CERTIFICATE to a PEM file that holds its CA certificate");
});
