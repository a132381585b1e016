import tls from "node:tls";
import { expect, test, vi } from "vitest";
import { BuildError, CaRejectedError } from "../../../../src/client/failure/kinds.ts";
import { readCaBundle } from "../../../../src/client/trust/bundle.ts";
import { loadClientCertificate } from "../../../../src/client/trust/client-certificate.ts";
import { sharedContext } from "../../../../src/client/trust/context.ts";
import { createTrust, tlsOptions } from "../../../../src/client/trust/index.ts";
import { toBase64 } from "../../../../src/client/trust/pem/sections.ts";
import type { OrdinaryRoots } from "../../../../src/client/trust/roots.ts";
import { cert, certPath } from "../../../support/certs.ts";

const roots: OrdinaryRoots = {
  nodeDefault: [cert("other-root.pem")],
  additional: [],
  problems: [],
  known: new Set(),
  origins: [],
};
const clientCertificate = loadClientCertificate({
  cert: { path: certPath("client.pem") },
  key: { path: certPath("client.key") },
});

const base64 = (name: string) => toBase64(cert(name));

test.each([
  ["Node's own roots if nothing is added", new Set<string>(), [], undefined, undefined],
  ["Node's own roots if the bundle adds nothing", new Set([base64("root.pem")]), [], "root.pem", undefined],
  ["Node's roots and the bundle", new Set<string>(), [], "root.pem", ["other-root.pem", "root.pem"]],
  [
    "Node's roots and the system's",
    new Set<string>(),
    ["twin-root.pem"],
    undefined,
    ["other-root.pem", "twin-root.pem"],
  ],
  [
    "each root once",
    new Set([base64("twin-root.pem")]),
    ["twin-root.pem"],
    "twin-root.pem",
    ["other-root.pem", "twin-root.pem"],
  ],
])("a context has %s", (_title, known, additional, bundle, expected) => {
  const create = vi.spyOn(tls, "createSecureContext");
  sharedContext({
    roots: { ...roots, known, additional: additional.map((name) => cert(name)) },
    bundle: bundle === undefined ? undefined : readCaBundle({ path: certPath(bundle) }),
    clientCertificate: undefined,
  });
  expect(create.mock.lastCall?.[0]?.ca).toEqual(expected?.map((name) => cert(name)));
});

test("a certificate that TLS refuses is named by its number", () => {
  const create = tls.createSecureContext;
  vi.spyOn(tls, "createSecureContext").mockImplementation((options) => {
    if (options?.ca?.includes(cert("twin-root.pem"))) throw new Error("unsupported key");
    return create(options);
  });
  const bundle = readCaBundle({ pem: cert("root.pem", "twin-root.pem") });
  const build = () => sharedContext({ roots: { ...roots }, bundle, clientCertificate: undefined });
  expect(build).toThrow(CaRejectedError);
  expect(build).toThrow(
    /^Failed to parse certificate #2 from the PEM text selected by the option ca: unsupported key\./,
  );
});

test("a context that cannot be made for another reason is a build error", () => {
  vi.spyOn(tls, "createSecureContext").mockImplementation(() => {
    throw new Error("no ciphers");
  });
  const build = () => sharedContext({ roots: { ...roots }, bundle: undefined, clientCertificate: undefined });
  expect(build).toThrow(BuildError);
  expect(build).toThrow("no TLS context can be made: no ciphers");
});

test("equal content shares one context, whatever its source", () => {
  const bundle = readCaBundle({ path: certPath("root.pem") });
  const context = sharedContext({ roots, bundle, clientCertificate: undefined });
  expect(sharedContext({ roots, bundle: readCaBundle({ pem: cert("root.pem") }), clientCertificate: undefined })).toBe(
    context,
  );
});

test("another bundle, client certificate or set of roots has its own context", () => {
  const bundle = readCaBundle({ pem: cert("root.pem") });
  const contexts = [
    sharedContext({ roots, bundle: undefined, clientCertificate: undefined }),
    sharedContext({ roots, bundle, clientCertificate: undefined }),
    sharedContext({ roots, bundle: readCaBundle({ pem: cert("twin-root.pem") }), clientCertificate: undefined }),
    sharedContext({ roots, bundle, clientCertificate }),
    sharedContext({ roots: { ...roots }, bundle, clientCertificate: undefined }),
  ];
  expect(new Set(contexts).size).toBe(contexts.length);
});

test("the number of contexts is bounded: the longest unused one is dropped first", () => {
  const own: OrdinaryRoots = { ...roots };
  const parts = (count: number) => ({
    roots: own,
    bundle: readCaBundle({ pem: cert("root.pem").repeat(count) }),
    clientCertificate: undefined,
  });
  const first = sharedContext(parts(1));
  const second = sharedContext(parts(2));
  for (let count = 3; count <= 17; count++) {
    sharedContext(parts(1));
    sharedContext(parts(count));
  }
  expect(sharedContext(parts(1))).toBe(first);
  expect(sharedContext(parts(2))).not.toBe(second);
});

test("clients with the same policy share a context, and other libraries get it too", () => {
  const env = { CODEX_CA_CERTIFICATE: certPath("root.pem") };
  const { secureContext } = createTrust({ env }).tlsOptions();
  expect(createTrust({ env }).tlsOptions().secureContext).toBe(secureContext);
  expect(tlsOptions({ env, ca: { pem: cert("root.pem") } }).secureContext).toBe(secureContext);
  expect(tlsOptions({ env: {} }).secureContext).not.toBe(secureContext);
});
