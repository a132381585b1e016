import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { BuildError } from "../../../../src/client/failure/kinds.ts";
import { parseProxyUrl } from "../../../../src/client/route/proxy-url.ts";

const SOURCE = "HTTPS_PROXY";

describe("parseProxyUrl", () => {
  it.each([
    ["http://proxy.test:3128", "http://proxy.test:3128"],
    ["HTTP://Proxy.Test:3128/", "http://proxy.test:3128"],
    ["  http://proxy.test:3128  ", "http://proxy.test:3128"],
    ["proxy.test:3128", "http://proxy.test:3128"],
    ["proxy.test", "http://proxy.test:80"],
    ["http://proxy.test", "http://proxy.test:80"],
    ["https://proxy.test", "https://proxy.test:443"],
    ["socks5://proxy.test", "socks5://proxy.test:1080"],
    ["socks5h://Proxy.Test", "socks5h://proxy.test:1080"],
    ["socks5h://proxy.test:80", "socks5h://proxy.test:80"],
    ["socks://proxy.test", "socks5h://proxy.test:1080"],
    ["http://[::1]:8080", "http://[::1]:8080"],
    ["socks5://[fd00::1]", "socks5://[fd00::1]:1080"],
    ["user:secret@proxy.test:3128", "http://proxy.test:3128"],
  ])("reads %j as %s", (value, expected) => {
    expect(parseProxyUrl(value, SOURCE).toString()).toBe(expected);
  });

  it("strips the brackets of an IPv6 host", () => {
    expect(parseProxyUrl("http://[::1]:8080", SOURCE).hostname).toBe("::1");
  });

  it.each([
    ["http://user:p%40ss@proxy.test", "user", "p@ss"],
    ["http://us%3Aer:a%2Fb%23c@proxy.test", "us:er", "a/b#c"],
    ["http://user@proxy.test", "user", ""],
    ["http://:token@proxy.test", "", "token"],
    ["http://user:100%@proxy.test", "user", "100%"],
    ["http://us%C3%A9r:p%C3%A4ss@proxy.test", "usér", "päss"],
    ["socks5h://us%40er:p%25@proxy.test", "us@er", "p%"],
  ])("decodes the credentials of %j", (value, username, password) => {
    expect(parseProxyUrl(value, SOURCE).credentials()).toEqual({ username, password });
  });

  it("has no credentials and no header without them", () => {
    const proxy = parseProxyUrl("http://proxy.test", SOURCE);
    expect(proxy.credentials()).toBeUndefined();
    expect(proxy.basicAuthorization()).toBeUndefined();
  });

  it("encodes credentials for Basic in UTF-8", () => {
    const proxy = parseProxyUrl("http://user:p%40%C3%A4@proxy.test", SOURCE);
    expect(proxy.basicAuthorization()).toBe(`Basic ${Buffer.from("user:p@ä").toString("base64")}`);
  });

  it("shows no credentials in any form of printing", () => {
    const proxy = parseProxyUrl("http://alice:s3cret@proxy.test", SOURCE);
    for (const shown of [
      String(proxy),
      JSON.stringify({ proxy }),
      inspect(proxy, { depth: 9, showHidden: true, getters: true }),
    ]) {
      expect(shown).not.toMatch(/alice|s3cret|YWxpY2U/);
    }
  });

  it.each([
    "socks4://p.test",
    "socks4a://p.test",
    "ftp://p.test",
    "pac+http://p.test",
    "quic://p.test:1",
    "constructor://p.test",
  ])("refuses the scheme of %j and names it and the variable", (value) => {
    const scheme = value.slice(0, value.indexOf(":"));
    expect(() => parseProxyUrl(value, SOURCE)).toThrow(BuildError);
    expect(() => parseProxyUrl(value, SOURCE)).toThrow(`HTTPS_PROXY names a ${scheme}:// proxy`);
  });

  it.each([
    "http://",
    "http://:8080",
    "socks5:///",
    "http://u:s3cret@proxy.test:99999",
    "http://u:s3cret@proxy.test:0",
    "http://u:s3c#ret@proxy.test",
    "http://u:s3cret@proxy.test/path",
    "http://u:s3cret@proxy.test?query",
    "http://u:s3cret@proxy.test#fragment",
    "http:proxy.test:3128",
    "http://u:s3cret@[::1",
    '"http://u:s3cret@proxy.test:3128"',
    `socks5://u:${"s3cret".repeat(50)}@proxy.test`,
  ])("refuses %j without repeating it", (value) => {
    const error = captured(() => parseProxyUrl(value, SOURCE));
    expect(error).toBeInstanceOf(BuildError);
    expect(error.message).toMatch(/^HTTPS_PROXY /);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("s3c");
  });
});

it("names quotation marks that became part of the value", () => {
  expect(() => parseProxyUrl("'http://proxy.test:3128'", SOURCE)).toThrow("begins with a quotation mark");
});

function captured(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("nothing was thrown");
}
