import { describe, expect, test } from "vitest";
import { selectCaBundle } from "../../../../src/client/trust/selection.ts";

describe("the CA bundle is chosen from", () => {
  const codex = { sourceEnv: "CODEX_CA_CERTIFICATE", path: "/codex.pem" };
  const ssl = { sourceEnv: "SSL_CERT_FILE", path: "/ssl.pem" };
  test.each([
    ["nothing if neither variable is set", {}, { by: "none", shadowed: [] }],
    ["nothing if both are empty", { CODEX_CA_CERTIFICATE: "", SSL_CERT_FILE: "" }, { by: "none", shadowed: [] }],
    [
      "CODEX_CA_CERTIFICATE, which leaves SSL_CERT_FILE without effect",
      { CODEX_CA_CERTIFICATE: "/codex.pem", SSL_CERT_FILE: "/ssl.pem" },
      { by: "environment", ...codex, shadowed: [ssl] },
    ],
    ["SSL_CERT_FILE alone", { SSL_CERT_FILE: "/ssl.pem" }, { by: "environment", ...ssl, shadowed: [] }],
    [
      "SSL_CERT_FILE if CODEX_CA_CERTIFICATE is empty",
      { CODEX_CA_CERTIFICATE: "", SSL_CERT_FILE: "/ssl.pem" },
      { by: "environment", ...ssl, shadowed: [] },
    ],
    [
      "the unchanged value, white space included",
      { CODEX_CA_CERTIFICATE: " /codex.pem " },
      { by: "environment", sourceEnv: "CODEX_CA_CERTIFICATE", path: " /codex.pem ", shadowed: [] },
    ],
    [
      "a blank value, which is not empty",
      { CODEX_CA_CERTIFICATE: " ", SSL_CERT_FILE: "/ssl.pem" },
      { by: "environment", sourceEnv: "CODEX_CA_CERTIFICATE", path: " ", shadowed: [ssl] },
    ],
  ])("%s", (_title, env, selection) => {
    expect(selectCaBundle(env)).toEqual(selection);
  });

  test("the program's option before any variable", () => {
    const env = { CODEX_CA_CERTIFICATE: "/codex.pem", SSL_CERT_FILE: "/ssl.pem" };
    expect(selectCaBundle(env, { path: "/own.pem" })).toEqual({
      by: "option",
      path: "/own.pem",
      shadowed: [codex, ssl],
    });
    expect(selectCaBundle({}, { pem: "text" })).toEqual({ by: "option", path: undefined, shadowed: [] });
  });
});
