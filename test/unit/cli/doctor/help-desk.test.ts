import { expect, it } from "vitest";
import { helpDeskParagraph } from "../../../../src/cli/doctor/help-desk.ts";
import { examineTrust } from "../../../../src/cli/doctor/trust-section.ts";
import { NetworkError } from "../../../../src/client/failure/kinds.ts";

const url = "https://api.example.test/v1/models";
const refused = new NetworkError(
  "TLS certificate of api.example.test refused: unknown (CERT_UNTRUSTED). It presented.",
  {
    phase: "tls",
    code: "CERT_UNTRUSTED",
    outlook: "never",
  },
);

it.each([
  ["darwin", "on a macOS machine", "security find-certificate -a -p /Library/Keychains/System.keychain"],
  ["win32", "on a Windows machine", "certlm.msc, Trusted Root Certification Authorities"],
  ["linux", "on a Linux machine", "/usr/local/share/ca-certificates or /etc/pki/ca-trust/source/anchors"],
])(
  "the paragraph for a help desk says where %s keeps a company's certificate authority",
  (platform, machine, place) => {
    const paragraph = helpDeskParagraph({ url, error: refused }, { route: undefined, now: 0, platform });
    expect(paragraph).toContain(machine);
    expect(paragraph).toContain(place);
    expect(paragraph).toContain("at 1970-01-01T00:00:00Z");
    expect(paragraph).not.toContain("It presented");
  },
);

it.each([
  ["the proxy p:1 refused it", "without a proxy. The proxy p:1 refused it. Needed"],
  [
    "api.example.test:443 refused the connection",
    "without a proxy. api.example.test:443 refused the connection. Needed",
  ],
])("it consists of sentences: %s", (message, text) => {
  const error = new NetworkError(message, { phase: "connect" });
  const route = { kind: "direct", why: "unset" } as const;
  expect(helpDeskParagraph({ url, error }, { route, now: 0, platform: "linux" })).toContain(text);
});

it("of a CA file that cannot be used asks for a usable one, and says nothing of a route that was not looked for", () => {
  const { error } = examineTrust({ CODEX_CA_CERTIFICATE: "/absent.pem" });
  const paragraph = helpDeskParagraph({ url, error }, { route: undefined, now: 0, platform: "linux" });
  expect(paragraph).toContain(`could not use ${url}. Failed to read CA certificate file /absent.pem`);
  expect(paragraph).toMatch(
    /Needed: a PEM file of certificate authorities \(Linux: .*\) for CODEX_CA_CERTIFICATE, or that variable unset\.$/,
  );
});

it("there is none if nothing fails", () => {
  expect(helpDeskParagraph({ url, error: undefined }, { route: undefined, now: 0, platform: "linux" })).toBeUndefined();
});
