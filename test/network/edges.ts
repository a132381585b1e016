import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Emulator } from "../../src/emulator/index.ts";
import { cert, certPath } from "../support/certs.ts";
import { startProgram } from "./program.ts";

export interface EdgeOptions {
  /** How long it waits for the origin's next word before it cuts the connection, in seconds. Default: longer than a test. */
  readonly silenceSeconds?: number;
  /** How long it keeps an idle connection of a client, in seconds. Default: longer than a test. */
  readonly keepsSeconds?: number;
  /** Wants a client certificate of the fixture's root. */
  readonly asksForCertificate?: boolean;
}

/** A proxy in front of a service that terminates TLS. */
export interface Edge {
  /** The origin's base URL, by way of the edge. */
  readonly baseUrl: string;
}

export type StartEdge = (origin: Emulator, options?: EdgeOptions) => Promise<Edge>;

/** nginx with the fixture's certificate before an emulator in clear, for one test. */
export const startNginx: StartEdge = (origin, { silenceSeconds = 60, keepsSeconds = 60, asksForCertificate } = {}) =>
  startEdge(origin, "nginx", (port, folder) => {
    const file = join(folder, "nginx.conf");
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (name) => `${name}_temp_path ${join(folder, name)};`,
    );
    const settings = [
      "daemon off; worker_processes 1; user root;",
      `pid ${join(folder, "nginx.pid")}; error_log stderr;`,
      "events {}",
      "http {",
      "access_log off;",
      ...temporary,
      "map $http_upgrade $connection_to_origin { default upgrade; '' ''; }",
      "server {",
      `listen 127.0.0.1:${port} ssl;`,
      `ssl_certificate ${certPath("server.pem")}; ssl_certificate_key ${certPath("server.key")};`,
      ...(asksForCertificate ? [`ssl_client_certificate ${certPath("root.pem")}; ssl_verify_client on;`] : []),
      `keepalive_timeout ${keepsSeconds}s; proxy_read_timeout ${silenceSeconds}s; proxy_buffering off;`,
      "location / {",
      `proxy_pass http://${new URL(origin.url).host};`,
      "proxy_http_version 1.1; proxy_set_header Host $http_host;",
      "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_to_origin;",
      "} } }",
    ];
    writeFileSync(file, `${settings.join("\n")}\n`);
    return ["-p", folder, "-c", file];
  });

/** The same with haproxy. */
export const startHaproxy: StartEdge = (origin, { silenceSeconds = 60, keepsSeconds = 60, asksForCertificate } = {}) =>
  startEdge(origin, "haproxy", (port, folder) => {
    const file = join(folder, "haproxy.cfg");
    const pair = join(folder, "server-and-key.pem");
    writeFileSync(pair, cert("server.pem", "server.key"));
    const verify = asksForCertificate ? ` ca-file ${certPath("root.pem")} verify required` : "";
    const settings = [
      "defaults",
      "mode http",
      "timeout connect 5s",
      "timeout client 60s",
      `timeout server ${silenceSeconds}s`,
      `timeout tunnel ${silenceSeconds}s`,
      `timeout http-keep-alive ${keepsSeconds}s`,
      "frontend edge",
      `bind 127.0.0.1:${port} ssl crt ${pair} alpn h2,http/1.1${verify}`,
      "default_backend origin",
      "backend origin",
      `server emulator ${new URL(origin.url).host}`,
    ];
    writeFileSync(file, `${settings.join("\n")}\n`);
    return ["-db", "-f", file];
  });

async function startEdge(
  origin: Emulator,
  command: string,
  argumentsFor: (port: number, folder: string) => readonly string[],
): Promise<Edge> {
  const program = await startProgram(command, argumentsFor);
  onTestFinished(() => program.stop());
  return { baseUrl: `https://127.0.0.1:${program.port}${new URL(origin.url).pathname}` };
}
