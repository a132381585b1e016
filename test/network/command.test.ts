import { describe, expect, it } from "vitest";
import { runCommand } from "../support/command.ts";
import { hiddenOrigin, ROOT } from "./asking.ts";
import { PLAIN_CREDENTIALS, useMitmproxy, useTinyproxy, WRONG_CREDENTIALS } from "./proxies.ts";

function respond(baseUrl: string, env: Readonly<Record<string, string>>) {
  return runCommand(["respond", "--base-url", baseUrl, "repeat: one two three"], { env });
}

describe("the command behind mitmproxy", () => {
  const proxy = useMitmproxy();

  it("answers with mitmproxy's authority in CODEX_CA_CERTIFICATE", async () => {
    const { baseUrl } = await hiddenOrigin();
    const env = { CODEX_CA_CERTIFICATE: proxy.caPath(), HTTPS_PROXY: proxy.url() };
    expect(await respond(baseUrl, env)).toMatchObject({ status: 0, stdout: "one two three\n", stderr: "" });
  });

  it("exits with 5 without it, and names the issuer, the missing variable and nothing else", async () => {
    const { baseUrl, emulator } = await hiddenOrigin();
    const { status, stdout, stderr } = await respond(baseUrl, { HTTPS_PROXY: proxy.url() });
    expect({ status, stdout }).toEqual({ status: 5, stdout: "" });
    expect(stderr).toMatch(/TLS certificate of api\.example\.test refused.*CN=mitmproxy.*CODEX_CA_CERTIFICATE/s);
    expect(emulator.requests).toEqual([]);
  });

  it("sees with doctor who opens the connection, over HTTP and WebSocket", async () => {
    const { baseUrl } = await hiddenOrigin();
    const env = { CODEX_CA_CERTIFICATE: proxy.caPath(), HTTPS_PROXY: proxy.url() };
    const { status, stdout } = await runCommand(["doctor", baseUrl], { env });
    expect(stdout).toMatch(/CN=mitmproxy.* of your bundle vouches for it and no public root does/);
    expect(stdout).toContain("101: WebSockets get through");
    expect(status).toBe(0);
    const blind = await runCommand(["doctor", baseUrl], { env: { HTTPS_PROXY: proxy.url() } });
    expect(blind.stdout).toMatch(/FAIL TLS: .*CN=mitmproxy/);
    expect(blind.status).toBe(5);
  });
});

describe("the command behind tinyproxy with credentials", () => {
  const proxy = useTinyproxy();

  it("answers with them, and shows none at the most talkative log level", async () => {
    const { baseUrl } = await hiddenOrigin();
    const env = { ...ROOT, HTTPS_PROXY: proxy.urlWith(PLAIN_CREDENTIALS) };
    const args = ["respond", "--log-level", "debug", "--base-url", baseUrl, "repeat: one two three"];
    const { status, stdout, stderr } = await runCommand(args, { env });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "one two three\n" });
    expect(stderr).toContain("connected");
    expect(stderr).not.toContain(PLAIN_CREDENTIALS.password);
  });

  it("exits with 4 with wrong ones, which is the proxy's word and not the service's", async () => {
    const { baseUrl } = await hiddenOrigin();
    const { status, stderr } = await respond(baseUrl, { ...ROOT, HTTPS_PROXY: proxy.urlWith(WRONG_CREDENTIALS) });
    expect(status).toBe(4);
    expect(stderr).toContain("check user name and password in HTTPS_PROXY");
    expect(stderr).not.toMatch(/wr0ng/);
  });

  it("exits with 3 when the service wants a key, which is the service's word and not the proxy's", async () => {
    const { baseUrl } = await hiddenOrigin({ requireAuth: true });
    const { status, stderr } = await respond(baseUrl, { ...ROOT, HTTPS_PROXY: proxy.urlWith(PLAIN_CREDENTIALS) });
    expect(status).toBe(3);
    expect(stderr).toContain("API key");
  });
});
