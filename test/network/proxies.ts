import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { certPath } from "../support/certs.ts";
import { type Program, startProgram } from "./program.ts";

/** Wanted by squid and microsocks. The password needs percent-encoding in a URL. */
export const CREDENTIALS = { username: "alice", password: "s3cret@p/ss" } as const;
/** Required by tinyproxy, whose settings can only contain letters, digits, dots and hyphens. */
export const PLAIN_CREDENTIALS = { username: "alice", password: "s3cret-pass" } as const;
/** Required by no proxy. */
export const WRONG_CREDENTIALS = { username: "alice", password: "wr0ng@p/ss" } as const;

/** A proxy that runs while the tests of a `describe` block do. */
export interface Proxy {
  /** Address without credentials. */
  url(scheme?: string): string;
  urlWith(credentials: { readonly username: string; readonly password: string }, scheme?: string): string;
  /** Its output so far. */
  output(): string;
}

/** mitmproxy opens TLS with an authority of its own, `caPath`. When `buffering`, as it is by default, it holds a body back until its end. */
export function useMitmproxy(options: { readonly buffering?: boolean } = {}): Proxy & { caPath(): string } {
  let caPath = "";
  const proxy = useProxy("mitmdump", (port, folder) => {
    caPath = join(folder, "mitmproxy-ca-cert.pem");
    const settings = [`confdir=${folder}`, `ssl_verify_upstream_trusted_ca=${certPath("root.pem")}`];
    if (!options.buffering) settings.push("stream_large_bodies=1");
    const address = ["--listen-host=127.0.0.1", `--listen-port=${port}`];
    return [...address, ...settings.flatMap((setting) => ["--set", setting])];
  });
  return { ...proxy, caPath: () => caPath };
}

/** tinyproxy that wants {@link PLAIN_CREDENTIALS}. */
export function useTinyproxy(): Proxy {
  return useProxy("tinyproxy", (port, folder) => {
    const { username, password } = PLAIN_CREDENTIALS;
    const file = join(folder, "tinyproxy.conf");
    writeFileSync(file, `Port ${port}\nListen 127.0.0.1\nTimeout 600\nBasicAuth ${username} ${password}\n`);
    return ["-d", "-c", file];
  });
}

/** microsocks that wants {@link CREDENTIALS}; it prints each destination as it was asked for it. */
export function useMicrosocks(): Proxy {
  const { username, password } = CREDENTIALS;
  return useProxy("microsocks", (port) => ["-i", "127.0.0.1", "-p", String(port), "-u", username, "-P", password]);
}

export interface SquidOptions {
  /** Wants {@link CREDENTIALS}. */
  readonly asksForCredentials?: boolean;
  /** Speaks TLS to its clients, with the fixture's certificate for 127.0.0.1. */
  readonly tls?: boolean;
  /** Takes no request to it. */
  readonly deniedHost?: string;
  /** Further rules, before those that allow: the first one that matches decides. */
  readonly rules?: readonly string[];
}

export function useSquid({ asksForCredentials, tls, deniedHost, rules = [] }: SquidOptions = {}): Proxy {
  const share = process.env.SQUID_SHARE ?? "/usr/share/squid";
  return useProxy("squid", (port, folder) => {
    const certificate = ` tls-cert=${certPath("server.pem")} tls-key=${certPath("server.key")}`;
    const lines = [
      `${tls ? "https_port" : "http_port"} 127.0.0.1:${port}${tls ? certificate : ""}`,
      "visible_hostname squid.example.test",
      `error_directory ${share}/errors/templates`,
      `icon_directory ${share}/icons`,
      `mime_table ${share}/mime.conf`,
      `coredump_dir ${folder}`,
      "pid_filename none",
      "cache_log /dev/stderr",
      "access_log none",
      "cache deny all",
      "pinger_enable off",
      "unlinkd_program /bin/true", // unused, but it must exist
      ...(asksForCredentials ? [`auth_param basic program ${credentialsHelper(folder)}`] : []),
      ...rules,
      ...(deniedHost ? [`acl denied dstdomain ${deniedHost}`, "http_access deny denied"] : []),
      ...(asksForCredentials ? ["acl known proxy_auth REQUIRED", "http_access deny !known"] : []),
      "http_access allow all",
    ];
    const file = join(folder, "squid.conf");
    writeFileSync(file, `${lines.join("\n")}\n`);
    return ["-N", "-f", file];
  });
}

/** Squid asks it line by line. */
function credentialsHelper(folder: string): string {
  const file = join(folder, "credentials");
  const known = `${CREDENTIALS.username} ${CREDENTIALS.password}`;
  writeFileSync(file, `#!/bin/sh\nwhile read -r line; do [ "$line" = '${known}' ] && echo OK || echo ERR; done\n`);
  chmodSync(file, 0o755);
  chmodSync(folder, 0o755); // squid gives up its rights before it starts it
  return file;
}

function useProxy(command: string, argumentsFor: (port: number, folder: string) => readonly string[]): Proxy {
  let program: Program | undefined;
  const running = (): Program => {
    if (!program) throw new Error(`${command} runs only while tests do`);
    return program;
  };
  beforeAll(async () => {
    program = await startProgram(command, argumentsFor);
  });
  afterAll(() => program?.stop());
  return {
    url: (scheme = "http") => `${scheme}://127.0.0.1:${running().port}`,
    urlWith: ({ username, password }, scheme = "http") =>
      `${scheme}://${encodeURIComponent(username)}:${encodeURIComponent(password)}@127.0.0.1:${running().port}`,
    output: () => running().output,
  };
}
