import { describe, expect, it } from "vitest";
import { findNoProxyEntry, parseNoProxy } from "../../../../src/client/route/no-proxy.ts";

function isExcluded(noProxy: string, hostname: string, port = 443): boolean {
  return findNoProxyEntry(parseNoProxy(noProxy), { hostname, port }) !== undefined;
}

describe("an entry of NO_PROXY", () => {
  it.each([
    ["*", "api.openai.com", true],
    ["*", "10.0.0.1", true],
    ["example.com", "example.com", true],
    ["example.com", "api.example.com", true],
    ["example.com", "badexample.com", false],
    ["example.com", "example.com.evil.test", false],
    [".example.com", "api.example.com", true],
    [".example.com", "example.com", true],
    ["*.example.com", "a.b.example.com", true],
    ["EXAMPLE.com", "Api.Example.COM", true],
    ["example.com.", "example.com", true],
    ["example.com", "example.com.", true],
    ["localhost", "localhost", true],
    ["localhost", "127.0.0.1", false],
    ["127.0.0.1", "127.0.0.1", true],
    ["0.0.1", "127.0.0.1", false],
    ["::1", "::1", true],
    ["[::1]", "::1", true],
    ["::1", "[::1]", true],
    ["0:0:0:0:0:0:0:1", "::1", true],
    ["fd00::1", "fd00::2", false],
    ["10.0.0.0/8", "10.200.3.4", true],
    ["10.0.0.0/8", "11.0.0.1", false],
    ["192.168.1.128/25", "192.168.1.127", false],
    ["192.168.1.128/25", "192.168.1.128", true],
    ["0.0.0.0/0", "8.8.8.8", true],
    ["10.0.0.0/8", "10.example.com", false],
    ["10.0.0.0/8", "::ffff:10.1.2.3", true],
    ["fd00::/8", "fdab::1", true],
    ["[fd00::]/8", "fdab::1", true],
    ["fd00::/8", "fe80::1", false],
    ["<local>", "intranet", true],
    ["<local>", "127.0.0.1", true],
    ["<local>", "api.example.com", false],
    ['"example.com"', "example.com", true],
    ["10.0.0.1-10.0.0.50", "10.0.0.50", true],
    ["10.0.0.1-10.0.0.50", "10.0.0.51", false],
    ["fd00::1-fd00::9", "fd00::5", true],
    ["10.1.*", "10.1.255.3", true],
    ["10.1.*.*", "10.2.0.1", false],
    ["192.168.1.*", "192.168.1.77", true],
    ["192.168.1.*", "192.168.1.0", true],
    ["192.168.1.*", "192.168.2.0", false],
    ["10.1.*", "10.1.0.0", true],
    ["10.*.*.*", "10.255.255.255", true],
    ["10.1.2.3.*", "10.1.2.3", false],
    ["10.*.*.*.*", "10.1.2.3", false],
    ["10.0.0.1-10.0.0.50", "10.0.0.1", true],
    ["10.0.0.7-10.0.0.7", "10.0.0.7", true],
    ["10.0.0.50-10.0.0.1", "10.0.0.7", false],
    ["10.0.1.0-10.0.0.255", "10.0.0.255", false],
    ["9.255.255.255-10.0.0.1", "10.0.0.0", true],
    ["10.0.0.1-fd00::9", "10.0.0.1", false],
    ["fd00::9-fd00::1", "fd00::5", false],
    ["10.0.0.0/32", "10.0.0.0", true],
    ["10.0.0.0/33", "10.0.0.0", false],
    ["fd00::/128", "fd00::", true],
    ["fd00::/129", "fd00::", false],
    ["host/8", "host", false],
    ["<local>", "::1", true],
    ["<local>", "[::1]", true],
    ["<local>", "fe80::1", false],
    ["<local>", "126.0.0.1", false],
    ["<local>", "127.example.com", false],
    ["b\u00fccher.example", "xn--bcher-kva.example", true],
    ["https://example.com/", "api.example.com", true],
  ])("%j excludes %j: %j", (noProxy, hostname, excluded) => {
    expect(isExcluded(noProxy, hostname)).toBe(excluded);
  });

  it.each([
    ["example.com:8080", "api.example.com", 8080, true],
    ["example.com:8080", "example.com", 443, false],
    ["10.0.0.1:80", "10.0.0.1", 80, true],
    ["example.com:1", "example.com", 1, true],
    ["example.com:65535", "example.com", 65_535, true],
    ["example.com:0", "example.com", 0, false],
    ["example.com:65536", "example.com", 65_536, false],
    ["example.com:x", "example.com", 443, false],
    ["10.0.0.1:80", "10.0.0.1", 81, false],
    ["[::1]:8443", "::1", 8443, true],
    ["[::1]:8443", "::1", 443, false],
  ])("%j only applies to its port: %s at %d is excluded: %j", (noProxy, hostname, port, excluded) => {
    expect(isExcluded(noProxy, hostname, port)).toBe(excluded);
  });
});

describe("a NO_PROXY list", () => {
  it("separates entries by commas and white space", () => {
    const list = parseNoProxy(" a.test,b.test c.test\t,,\n d.test;e.test|f.test ");
    expect(list.rules.map((rule) => rule.entry)).toEqual(["a.test", "b.test", "c.test", "d.test", "e.test", "f.test"]);
    expect(list.ignored).toEqual([]);
  });

  it("names the first entry that matches, as written", () => {
    const list = parseNoProxy("other.test, .Example.COM, example.com");
    expect(findNoProxyEntry(list, { hostname: "api.example.com", port: 443 })).toBe(".Example.COM");
  });

  it.each([
    "10.0.0.0/33",
    "fd00::/129",
    "10.0.0.0/",
    "example.com/8",
    "example.com:",
    "example.com:0",
    "example.com:70000",
    "example.com:http",
    "a*b",
    "10.0.0.50-10.0.0.1",
    "10.0.0.1-fd00::1",
    "<-loopback>",
    ".",
    "[::1",
  ])("reports %j, because it matches nothing", (entry) => {
    const list = parseNoProxy(`${entry},good.test`);
    expect(list.ignored).toEqual([entry]);
    expect(list.rules.map((rule) => rule.entry)).toEqual(["good.test"]);
  });

  it("excludes nothing when it is empty", () => {
    expect(isExcluded("", "example.com")).toBe(false);
  });
});
