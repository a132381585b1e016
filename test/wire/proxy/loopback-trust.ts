import { readFileSync } from "node:fs";
import { isIP, type Socket } from "node:net";
import { connect } from "node:tls";
import type { TlsUpgrader } from "../../../src/client/route/index.ts";

/** Trusts the test root alone. `asked` collects the names that handshakes were made for. */
export function loopbackTrust(): TlsUpgrader & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    connect: ({ socket, host }) =>
      new Promise<Socket>((resolve, reject) => {
        asked.push(host);
        const secure = connect({ socket, host, servername: isIP(host) ? "" : host, ca: certificate("root.pem") });
        secure.once("secureConnect", () => {
          secure.off("error", reject).off("close", onClose);
          resolve(secure);
        });
        const onClose = () => reject(new Error("closed"));
        secure.once("error", reject).once("close", onClose);
      }),
  };
}

export function serverIdentity(): { readonly key: string; readonly cert: string } {
  return { key: certificate("server.key"), cert: certificate("server.pem") };
}

function certificate(name: string): string {
  return readFileSync(new URL(`../../fixtures/certs/${name}`, import.meta.url), "utf8");
}
