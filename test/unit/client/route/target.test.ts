import { describe, expect, it } from "vitest";
import { BuildError } from "../../../../src/client/failure/kinds.ts";
import { authorityOf, targetOf } from "../../../../src/client/route/target.ts";

describe("targetOf", () => {
  it.each([
    ["http://a.test/path", "http:", "a.test", 80],
    ["ws://a.test", "ws:", "a.test", 80],
    ["https://A.test", "https:", "a.test", 443],
    ["wss://a.test:8443/v1", "wss:", "a.test", 8443],
    ["https://[::1]:443", "https:", "::1", 443],
  ])("reads %s", (url, protocol, hostname, port) => {
    expect(targetOf(url)).toEqual({ protocol, hostname, port });
    expect(targetOf(new URL(url))).toEqual({ protocol, hostname, port });
  });

  it.each(["ftp://a.test", "file:///etc", "sk-secret", ""])("refuses %j", (url) => {
    expect(() => targetOf(url)).toThrow(BuildError);
    expect(() => targetOf(url)).not.toThrow("sk-secret");
  });
});

describe("authorityOf", () => {
  it("puts brackets around IPv6 alone", () => {
    expect(authorityOf({ hostname: "::1", port: 443 })).toBe("[::1]:443");
    expect(authorityOf({ hostname: "10.0.0.1", port: 80 })).toBe("10.0.0.1:80");
  });
});
