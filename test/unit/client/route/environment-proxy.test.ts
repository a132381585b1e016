import { describe, expect, it } from "vitest";
import type { Environment } from "../../../../src/client/environment.ts";
import { BuildError } from "../../../../src/client/failure/kinds.ts";
import { chooseRoute, readProxyEnvironment } from "../../../../src/client/route/environment-proxy.ts";
import { targetOf } from "../../../../src/client/route/target.ts";

function routeOf(url: string, env: Environment) {
  return chooseRoute(targetOf(url), readProxyEnvironment(env));
}

/** `proxy host (variable)`, or why there is none. */
function outline(url: string, env: Environment): string {
  const route = routeOf(url, env);
  return route.kind === "proxy" ? `${route.proxy.hostname} (${route.source})` : route.why;
}

describe("the proxy of a URL", () => {
  it.each<[string, Environment, string]>([
    ["http://a.test", { HTTP_PROXY: "p" }, "p (HTTP_PROXY)"],
    ["ws://a.test", { HTTP_PROXY: "p" }, "p (HTTP_PROXY)"],
    ["https://a.test", { HTTPS_PROXY: "p" }, "p (HTTPS_PROXY)"],
    ["https://a.test", { HTTPS_PROXY: "p", CODEX_SANDBOX: "seatbelt" }, "p (HTTPS_PROXY)"], // parity: proxy/sandbox
    ["wss://a.test", { HTTPS_PROXY: "p" }, "p (HTTPS_PROXY)"],
    ["http://a.test", { HTTPS_PROXY: "p" }, "unset"],
    ["ws://a.test", { HTTPS_PROXY: "p" }, "unset"],
    ["https://a.test", { HTTP_PROXY: "p" }, "unset"],
    ["wss://a.test", { HTTP_PROXY: "p" }, "unset"],
    ["http://a.test", { ALL_PROXY: "p" }, "p (ALL_PROXY)"],
    ["wss://a.test", { all_proxy: "p" }, "p (all_proxy)"],
    ["https://a.test", { ALL_PROXY: "all", HTTPS_PROXY: "own" }, "own (HTTPS_PROXY)"],
    ["http://a.test", { ALL_PROXY: "all", HTTPS_PROXY: "own" }, "all (ALL_PROXY)"],
    ["https://a.test", { https_proxy: "lower", HTTPS_PROXY: "upper" }, "lower (https_proxy)"],
    ["http://a.test", { http_proxy: "lower", HTTP_PROXY: "upper" }, "lower (http_proxy)"],
    ["http://a.test", { all_proxy: "lower", ALL_PROXY: "upper" }, "lower (all_proxy)"],
    ["https://a.test", { https_proxy: "", HTTPS_PROXY: "upper" }, "upper (HTTPS_PROXY)"],
    ["https://a.test", { HTTPS_PROXY: "  " }, "unset"],
    ["https://localhost", { HTTPS_PROXY: "p" }, "p (HTTPS_PROXY)"],
    ["http://127.0.0.1", { HTTP_PROXY: "p" }, "p (HTTP_PROXY)"],
    ["http://a.test", { HTTP_PROXY: "p", REQUEST_METHOD: "GET" }, "unset"],
    ["http://a.test", { http_proxy: "p", REQUEST_METHOD: "GET" }, "p (http_proxy)"],
    ["https://a.test", { HTTPS_PROXY: "p", REQUEST_METHOD: "GET" }, "p (HTTPS_PROXY)"],
    ["https://a.test", {}, "unset"],
  ])("%s with %j: %s", (url, env, expected) => {
    expect(outline(url, env)).toBe(expected);
  });

  it.each<[string, Environment]>([
    ["https://api.a.test", { NO_PROXY: "a.test" }],
    ["wss://api.a.test", { NO_PROXY: "a.test" }],
    ["ws://a.test:8080", { NO_PROXY: "a.test:8080" }],
    ["http://a.test", { NO_PROXY: "a.test:80" }],
    ["wss://a.test", { NO_PROXY: "a.test:443" }],
    ["https://[::1]:8443", { NO_PROXY: "::1" }],
    ["https://10.1.2.3", { NO_PROXY: "10.0.0.0/8" }],
    ["https://a.test", { NO_PROXY: "*" }],
  ])("%s is reached directly with %j", (url, env) => {
    expect(outline(url, { ALL_PROXY: "p", ...env })).toBe("excluded");
  });

  it("says which variable and which entry exclude a host", () => {
    expect(routeOf("https://api.a.test", { HTTPS_PROXY: "p", no_proxy: "b.test, .a.test", NO_PROXY: "*" })).toEqual({
      kind: "direct",
      why: "excluded",
      variable: "no_proxy",
      entry: ".a.test",
    });
  });

  it("is used if the lower-case no_proxy does not match, whatever the upper-case one says", () => {
    expect(outline("https://a.test", { HTTPS_PROXY: "p", no_proxy: "b.test", NO_PROXY: "*" })).toBe("p (HTTPS_PROXY)");
  });

  it.each([
    ["http://a.test", "http://p", "forward"],
    ["http://a.test", "https://p", "forward"],
    ["http://a.test", "socks5h://p", "tunnel"],
    ["ws://a.test", "http://p", "tunnel"],
    ["https://a.test", "http://p", "tunnel"],
    ["wss://a.test", "socks5://p", "tunnel"],
  ])("%s through %s: %s", (url, proxy, mode) => {
    expect(routeOf(url, { ALL_PROXY: proxy })).toMatchObject({ kind: "proxy", mode });
  });
});

describe("the proxy variables", () => {
  it.each<[Environment, string]>([
    [{ HTTPS_PROXY: "socks4://p" }, "HTTPS_PROXY"],
    [{ http_proxy: "ftp://p" }, "http_proxy"],
    [{ ALL_PROXY: "http://p:x" }, "ALL_PROXY"],
    [{ ALL_PROXY: "socks4://p", HTTPS_PROXY: "p" }, "ALL_PROXY"],
  ])("fail at once if they have no usable proxy: %j", (env, variable) => {
    expect(() => readProxyEnvironment(env)).toThrow(BuildError);
    expect(() => readProxyEnvironment(env)).toThrow(variable);
  });

  it("may have any value if they are not in effect", () => {
    expect(outline("https://a.test", { ALL_PROXY: "socks4://x", HTTPS_PROXY: "p", HTTP_PROXY: "q" })).toBe(
      "p (HTTPS_PROXY)",
    );
  });
});
