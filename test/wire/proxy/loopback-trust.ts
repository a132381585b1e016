import { readFileSync } from "node:fs";
import type { TlsUpgrader } from "../../../src/client/route/index.ts";
import { createTrust } from "../../../src/client/trust/index.ts";

/** Trusts the test root. `asked` collects the names that handshakes were made for. */
export function loopbackTrust(): TlsUpgrader & { readonly asked: string[] } {
  const trust = createTrust({ env: {}, ca: { pem: certificate("root.pem") } });
  const asked: string[] = [];
  return {
    asked,
    connect(options) {
      asked.push(options.host);
      return trust.connect(options);
    },
  };
}

export function serverIdentity(): { readonly key: string; readonly cert: string } {
  return { key: certificate("server.key"), cert: certificate("server.pem") };
}

function certificate(name: string): string {
  return readFileSync(new URL(`../../fixtures/certs/${name}`, import.meta.url), "utf8");
}
