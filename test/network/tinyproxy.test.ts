import { describe, expect, it } from "vitest";
import { caFile } from "../support/ca-file.ts";
import { inLockstep, WORDS } from "../support/lockstep.ts";
import { answer, ask, CARRIERS, expectNoSecret, hiddenOrigin, ROOT, readInLockstep } from "./asking.ts";
import { PLAIN_CREDENTIALS, useTinyproxy, WRONG_CREDENTIALS } from "./proxies.ts";

describe.each(CARRIERS)("tinyproxy with credentials, %s", (carrier) => {
  const proxy = useTinyproxy();

  it.each(["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])("lets them through from %s", async (variable) => {
    const { script, heard } = inLockstep();
    const { baseUrl } = await hiddenOrigin({ script });
    const env = { ...ROOT, [variable]: proxy.urlWith(PLAIN_CREDENTIALS) };
    expect(await readInLockstep({ carrier, baseUrl, env }, heard)).toEqual(WORDS);
  });

  it.each([
    ["wrong ones", () => proxy.urlWith(WRONG_CREDENTIALS), "check user name and password in HTTPS_PROXY"],
    ["none", () => proxy.url(), "put user name and password into HTTPS_PROXY"],
  ])("with %s refuses, which is told as the proxy's word and shows no secret", async (_title, url, advice) => {
    const { baseUrl, emulator } = await hiddenOrigin();
    const { error } = await ask({ carrier, baseUrl, env: { ...ROOT, HTTPS_PROXY: url() } });
    expect(error).toMatchObject({
      kind: "network",
      phase: "proxy",
      code: "PROXY_AUTHENTICATION_REQUIRED",
      retryable: false,
    });
    expect((error as Error).message).toContain(advice);
    expectNoSecret(error, WRONG_CREDENTIALS.password);
    expect(emulator.requests).toEqual([]);
  });

  it("passes an origin's own 401 on, which is told as the origin's word", async () => {
    const { baseUrl } = await hiddenOrigin({ requireAuth: true });
    const { error } = await ask({ carrier, baseUrl, env: { ...ROOT, HTTPS_PROXY: proxy.urlWith(PLAIN_CREDENTIALS) } });
    expect(error).toMatchObject({ kind: "http", status: 401 });
    expectNoSecret(error, PLAIN_CREDENTIALS.password);
  });

  it("is passed by for a host in NO_PROXY", async () => {
    const { emulator, baseUrl } = await hiddenOrigin({ tls: true });
    const env = {
      CODEX_CA_CERTIFICATE: caFile(emulator.caPem),
      HTTPS_PROXY: proxy.urlWith(WRONG_CREDENTIALS),
      NO_PROXY: "localhost,127.0.0.0/8,.example.test",
    };
    expect(await answer({ carrier, baseUrl: emulator.url, env })).toBe("one two three");
    const direct = await ask({ carrier, baseUrl, env });
    expect(direct.error).toMatchObject({ kind: "network", phase: "dns" });
  });

  it("takes plain HTTP too, and its refusal is told from the origin's there as well", async () => {
    const { baseUrl } = await hiddenOrigin({ plain: true, requireAuth: true });
    const throughProxy = (credentials: typeof PLAIN_CREDENTIALS | typeof WRONG_CREDENTIALS) =>
      ask({ carrier, baseUrl, env: { HTTP_PROXY: proxy.urlWith(credentials) } });
    expect((await throughProxy(PLAIN_CREDENTIALS)).error).toMatchObject({ kind: "http", status: 401 });
    const { error } = await throughProxy(WRONG_CREDENTIALS);
    expect(error).toMatchObject({ phase: "proxy", code: "PROXY_AUTHENTICATION_REQUIRED", proxyStatus: 401 });
    expectNoSecret(error, WRONG_CREDENTIALS.password);
  });
});
