import { expect, test } from "vitest";
import { readCaBundle } from "../../../../src/client/trust/bundle.ts";
import { loadClientCertificate } from "../../../../src/client/trust/client-certificate.ts";
import { sharedContext } from "../../../../src/client/trust/context.ts";
import { createTrust, tlsOptions } from "../../../../src/client/trust/index.ts";
import type { OrdinaryRoots } from "../../../../src/client/trust/roots.ts";
import { cert, certPath } from "../../../support/certs.ts";

const roots: OrdinaryRoots = { nodeDefault: [cert("other-root.pem")], additional: [], origins: [] };
const clientCertificate = loadClientCertificate({
  cert: { path: certPath("client.pem") },
  key: { path: certPath("client.key") },
});

test("equal content shares one context, wherever it came from", () => {
  const bundle = readCaBundle({ path: certPath("root.pem") });
  const context = sharedContext({ roots, bundle, clientCertificate: undefined });
  expect(sharedContext({ roots, bundle: readCaBundle({ pem: cert("root.pem") }), clientCertificate: undefined })).toBe(
    context,
  );
});

test("another bundle, client certificate or set of roots has its own", () => {
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

test("the contexts of a program that keeps making new ones are let go, the longest unused first", () => {
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

test("clients of one policy share the process's context, and other programs get it too", () => {
  const env = { CODEX_CA_CERTIFICATE: certPath("root.pem") };
  const { secureContext } = createTrust({ env }).tlsOptions();
  expect(createTrust({ env }).tlsOptions().secureContext).toBe(secureContext);
  expect(tlsOptions({ env, ca: { pem: cert("root.pem") } }).secureContext).toBe(secureContext);
  expect(tlsOptions({ env: {} }).secureContext).not.toBe(secureContext);
});
