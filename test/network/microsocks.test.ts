import { describe, expect, it } from "vitest";
import { caFile } from "../support/ca-file.ts";
import { inLockstep, WORDS } from "../support/lockstep.ts";
import { answer, ask, CARRIERS, expectNoSecret, hiddenOrigin, ROOT, readInLockstep } from "./asking.ts";
import { HIDDEN_HOST } from "./program.ts";
import { CREDENTIALS, useMicrosocks, WRONG_CREDENTIALS } from "./proxies.ts";

describe.each(CARRIERS)("microsocks with credentials, %s", (carrier) => {
  const proxy = useMicrosocks();

  it.each([
    ["https", "HTTPS_PROXY", false],
    ["https", "ALL_PROXY", false],
    ["http", "HTTP_PROXY", true],
  ])("is given the name by socks5h, %s from %s", async (_scheme, variable, plain) => {
    const { script, heard } = inLockstep();
    const { baseUrl } = await hiddenOrigin({ script, plain });
    const env = { ...ROOT, [variable]: proxy.urlWith(CREDENTIALS, "socks5h") };
    expect(await readInLockstep({ carrier, baseUrl, env }, heard)).toEqual(WORDS);
    expect(proxy.output()).toContain(`connected to ${HIDDEN_HOST}:${new URL(baseUrl).port}`);
  });

  it("is given an address by socks5", async () => {
    const { emulator } = await hiddenOrigin({ tls: true });
    const { port } = new URL(emulator.url);
    const env = {
      CODEX_CA_CERTIFICATE: caFile(emulator.caPem),
      HTTPS_PROXY: proxy.urlWith(CREDENTIALS, "socks5"),
    };
    expect(await answer({ carrier, baseUrl: `https://localhost:${port}/v1`, env })).toBe("one two three");
    expect(proxy.output()).toContain(`connected to 127.0.0.1:${port}`);
  });

  it("is not reached by socks5 for a name that only it can resolve", async () => {
    const { baseUrl } = await hiddenOrigin();
    const env = { ...ROOT, HTTPS_PROXY: proxy.urlWith(CREDENTIALS, "socks5") };
    const { error } = await ask({ carrier, baseUrl, env });
    expect(error).toMatchObject({ kind: "network", phase: "dns" });
  });

  it.each([
    ["wrong ones", () => proxy.urlWith(WRONG_CREDENTIALS, "socks5h"), "check user name and password in HTTPS_PROXY"],
    ["none", () => proxy.url("socks5h"), "put user name and password into HTTPS_PROXY"],
  ])("refuses %s, and no secret is shown", async (_title, url, advice) => {
    const { baseUrl, emulator } = await hiddenOrigin();
    const { error } = await ask({ carrier, baseUrl, env: { ...ROOT, HTTPS_PROXY: url() } });
    expect(error).toMatchObject({ phase: "proxy", code: "PROXY_AUTHENTICATION_REQUIRED", retryable: false });
    expect((error as Error).message).toContain(advice);
    expectNoSecret(error, WRONG_CREDENTIALS.password);
    expect(emulator.requests).toEqual([]);
  });

  it("that cannot reach the origin says why", async () => {
    const { emulator, baseUrl } = await hiddenOrigin();
    await emulator.close();
    const env = { ...ROOT, HTTPS_PROXY: proxy.urlWith(CREDENTIALS, "socks5h") };
    const { error } = await ask({ carrier, baseUrl, env });
    expect(error).toMatchObject({ phase: "proxy", code: "PROXY_REFUSED", retryable: true });
    expect((error as Error).message).toContain("the host refused the connection");
  });

  it("is passed by for a host in NO_PROXY", async () => {
    const { baseUrl } = await hiddenOrigin();
    const env = { ...ROOT, ALL_PROXY: proxy.urlWith(CREDENTIALS, "socks5h"), NO_PROXY: ".example.test" };
    const { error } = await ask({ carrier, baseUrl, env });
    expect(error).toMatchObject({ kind: "network", phase: "dns" });
  });
});
