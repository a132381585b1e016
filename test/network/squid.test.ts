import { describe, expect, it } from "vitest";
import { inLockstep, WORDS } from "../support/lockstep.ts";
import { answer, ask, CARRIERS, expectNoSecret, hiddenOrigin, ROOT, readInLockstep } from "./asking.ts";
import { HIDDEN_HOST } from "./program.ts";
import { CREDENTIALS, useSquid, WRONG_CREDENTIALS } from "./proxies.ts";

describe.each(CARRIERS)("squid, %s", (carrier) => {
  const proxy = useSquid();

  it("makes a tunnel for TLS, through which events come one by one", async () => {
    const { script, heard } = inLockstep();
    const { baseUrl, emulator } = await hiddenOrigin({ script });
    expect(await readInLockstep({ carrier, baseUrl, env: { ...ROOT, HTTPS_PROXY: proxy.url() } }, heard)).toEqual(
      WORDS,
    );
    expect(emulator.requests[0]?.headers).not.toHaveProperty("via");
  });

  it(`${carrier === "SSE" ? "forwards a request in absolute form" : "makes a tunnel"} for plain HTTP`, async () => {
    const { script, heard } = inLockstep();
    const { baseUrl, emulator } = await hiddenOrigin({ plain: true, script });
    expect(await readInLockstep({ carrier, baseUrl, env: { HTTP_PROXY: proxy.url() } }, heard)).toEqual(WORDS);
    const via = expect.stringContaining("squid");
    expect(emulator.requests[0]?.headers.via).toEqual(carrier === "SSE" ? via : undefined);
  });

  it("that cannot reach the origin says so, and the failure may pass", async () => {
    const { emulator, baseUrl } = await hiddenOrigin();
    await emulator.close();
    const { error } = await ask({ carrier, baseUrl, env: { ...ROOT, HTTPS_PROXY: proxy.url() } });
    expect(error).toMatchObject({ phase: "proxy", code: "PROXY_REFUSED", proxyStatus: 503, retryable: true });
  });
});

describe.each(CARRIERS)("squid with credentials, %s", (carrier) => {
  const proxy = useSquid({ asksForCredentials: true });

  it.each([
    { variable: "HTTPS_PROXY", plain: false },
    { variable: "HTTP_PROXY", plain: true },
  ])("takes them from $variable and keeps them to itself", async ({ variable, plain }) => {
    const { baseUrl, emulator } = await hiddenOrigin({ plain });
    const env = { ...ROOT, [variable]: proxy.urlWith(CREDENTIALS) };
    expect(await answer({ carrier, baseUrl, env })).toBe("one two three");
    expect(emulator.requests[0]?.headers).not.toHaveProperty("proxy-authorization");
  });

  it.each([
    { variable: "HTTPS_PROXY", plain: false },
    { variable: "HTTP_PROXY", plain: true },
  ])("refuses wrong ones in $variable, and no secret is shown", async ({ variable, plain }) => {
    const { baseUrl, emulator } = await hiddenOrigin({ plain });
    const env = { ...ROOT, [variable]: proxy.urlWith(WRONG_CREDENTIALS) };
    const { error } = await ask({ carrier, baseUrl, env });
    expect(error).toMatchObject({ phase: "proxy", code: "PROXY_AUTHENTICATION_REQUIRED", proxyStatus: 407 });
    expect((error as Error).message).toContain(`check user name and password in ${variable}`);
    expectNoSecret(error, WRONG_CREDENTIALS.password);
    expect(emulator.requests).toEqual([]);
  });
});

describe.each(CARRIERS)("squid that forbids the host, %s", (carrier) => {
  const proxy = useSquid({ deniedHost: HIDDEN_HOST });

  it("is quoted with its status and what to ask for", async () => {
    const { baseUrl } = await hiddenOrigin();
    const { error } = await ask({ carrier, baseUrl, env: { ...ROOT, HTTPS_PROXY: proxy.url() } });
    expect(error).toMatchObject({ phase: "proxy", code: "PROXY_REFUSED", proxyStatus: 403, retryable: false });
    expect((error as Error).message).toContain("ask its operators to allow this host");
  });
});

describe.each(CARRIERS)("squid that is spoken to over TLS, %s", (carrier) => {
  const proxy = useSquid({ tls: true, asksForCredentials: true });

  it("must be vouched for as the origin must", async () => {
    const { baseUrl } = await hiddenOrigin();
    const env = { HTTPS_PROXY: proxy.urlWith(CREDENTIALS, "https") };
    expect(await answer({ carrier, baseUrl, env: { ...env, ...ROOT } })).toBe("one two three");
    const { error } = await ask({ carrier, baseUrl, env });
    expect(error).toMatchObject({ phase: "tls", message: expect.stringMatching(/^TLS certificate of .*127\.0\.0\.1/) });
  });
});

// The rules that squid's own example settings and many companies have on CONNECT.
describe.each(CARRIERS)("squid with rules on CONNECT, %s", (carrier) => {
  describe("that allow port 443 alone", () => {
    const proxy = useSquid({ rules: ["acl tls_ports port 443", "http_access deny CONNECT !tls_ports"] });

    it("is quoted with its page, for good, and nothing reaches the origin", async () => {
      const { baseUrl, emulator } = await hiddenOrigin();
      const { error } = await ask({ carrier, baseUrl, env: { ...ROOT, HTTPS_PROXY: proxy.url() } });
      expect(error).toMatchObject({ code: "PROXY_REFUSED", proxyStatus: 403, outlook: "never" });
      expect((error as Error).message).toContain('(it says: "ERROR: The requested URL could not be retrieved")');
      expect(emulator.requests).toEqual([]);
    });
  });

  describe("that want to know who asks", () => {
    const proxy = useSquid({ rules: ["acl ours browser ^codex-wire/", "http_access deny CONNECT !ours"] });

    it("lets the client through by its user agent, and not one that gives another", async () => {
      const { baseUrl } = await hiddenOrigin();
      const env = { ...ROOT, HTTPS_PROXY: proxy.url() };
      expect(await answer({ carrier, baseUrl, env })).toBe("one two three");
      const limits = { proxyHeaders: { "user-agent": "curl/8" } };
      const { error } = await ask({ carrier, baseUrl, env, limits });
      expect(error).toMatchObject({ code: "PROXY_REFUSED", proxyStatus: 403 });
    });
  });

  describe("that want a header", () => {
    const proxy = useSquid({ rules: ["acl tenant req_header X-Tenant ^acme$", "http_access deny CONNECT !tenant"] });

    it("lets the client through with proxyHeaders, which the origin does not see", async () => {
      const { baseUrl, emulator } = await hiddenOrigin();
      const env = { ...ROOT, HTTPS_PROXY: proxy.url() };
      const limits = { proxyHeaders: { "x-tenant": "acme" } };
      expect(await answer({ carrier, baseUrl, env, limits })).toBe("one two three");
      expect(emulator.requests.filter(({ headers }) => headers["x-tenant"] !== undefined)).toEqual([]);
      const { error } = await ask({ carrier, baseUrl, env });
      expect(error).toMatchObject({ code: "PROXY_REFUSED", proxyStatus: 403 });
    });
  });

  describe("that send to a log-in page", () => {
    const proxy = useSquid({
      rules: [
        "acl unknown browser ^codex-wire/",
        "deny_info 302:http://login.example.test/sign-in?to=%u unknown",
        "http_access deny unknown",
      ],
    });

    it("names the page, once and for good", async () => {
      const { baseUrl } = await hiddenOrigin();
      const { error } = await ask({ carrier, baseUrl, env: { ...ROOT, HTTPS_PROXY: proxy.url() } });
      expect(error).toMatchObject({ code: "PROXY_REFUSED", proxyStatus: 302, outlook: "never" });
      expect((error as Error).message).toContain("open http://login.example.test/sign-in in a browser and sign in");
    });
  });
});
