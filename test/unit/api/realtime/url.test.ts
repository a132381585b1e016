import { describe, expect, it } from "vitest";
import type { ProviderConfig } from "../../../../src/api/provider.ts";
import type { RealtimeSessionConfig } from "../../../../src/api/realtime/settings.ts";
import { realtimeUrl } from "../../../../src/api/realtime/url.ts";

type Config = Partial<RealtimeSessionConfig>;

function urlOf(baseUrl: string, config: Config = {}, queryParams?: ProviderConfig["queryParams"]): string {
  return realtimeUrl({ name: "test", baseUrl, queryParams }, { instructions: "", ...config });
}

const trace = { trace: "1", intent: "ignored" };

describe("the URL of a realtime session", () => {
  it.each<[string, Config, ProviderConfig["queryParams"], string]>([
    // As the reference's tests have it.
    ["http://127.0.0.1:8011", { protocol: "v1" }, {}, "ws://127.0.0.1:8011/v1/realtime?intent=quicksilver"],
    [
      "wss://example.com",
      { protocol: "v1", model: "realtime-test-model" },
      {},
      "wss://example.com/v1/realtime?intent=quicksilver&model=realtime-test-model",
    ],
    [
      "https://api.openai.com/v1",
      { protocol: "v1", model: "snapshot" },
      {},
      "wss://api.openai.com/v1/realtime?intent=quicksilver&model=snapshot",
    ],
    [
      "https://example.com/openai/v1",
      { protocol: "v1", model: "snapshot" },
      {},
      "wss://example.com/openai/v1/realtime?intent=quicksilver&model=snapshot",
    ],
    [
      "https://example.com/v1/realtime?foo=bar",
      { protocol: "v1", model: "snapshot" },
      trace,
      "wss://example.com/v1/realtime?foo=bar&intent=quicksilver&model=snapshot&trace=1",
    ],
    [
      "https://example.com",
      { protocol: "v1", mode: "transcription" },
      {},
      "wss://example.com/v1/realtime?intent=quicksilver",
    ],
    [
      "https://example.com/v1/realtime?foo=bar",
      { protocol: "v2", model: "snapshot" },
      trace,
      "wss://example.com/v1/realtime?foo=bar&model=snapshot&trace=1",
    ],
    ["https://example.com", { protocol: "v2", mode: "transcription" }, {}, "wss://example.com/v1/realtime"],
    // Consequences of its rules.
    ["https://h/v1/", { protocol: "v2" }, {}, "wss://h/v1/realtime"],
    ["https://h/v1/realtime/", { protocol: "v2" }, {}, "wss://h/v1/realtime"],
    ["https://h/x", { protocol: "v2" }, { model: "m" }, "wss://h/x?model=m"],
    ["https://h/x", { protocol: "v2" }, { intent: "z" }, "wss://h/x"],
    ["https://h/x", { protocol: "v2", model: "own" }, { model: "provider's" }, "wss://h/x?model=own"],
    ["https://h/backend-api/codex", {}, {}, "wss://h/backend-api/codex"],
    ["http://h:80/v1", {}, {}, "ws://h/v1/realtime"],
    ["https://h:443/", {}, {}, "wss://h/v1/realtime"],
    [" https://h/v1\n", {}, {}, "wss://h/v1/realtime"],
    ["https://h/x?", {}, {}, "wss://h/x"],
    ["https://name:password@h/x#part", {}, {}, "wss://h/x"],
  ])("%s with %o and %o", (baseUrl, config, queryParams, url) => {
    expect(urlOf(baseUrl, config, queryParams)).toBe(url);
  });

  it("keeps the query of the base URL unchanged, and encodes what it adds", () => {
    expect(urlOf("https://h/x?a=b%20c&d=~'(", { model: "m n&o" })).toBe("wss://h/x?a=b%20c&d=~%27(&model=m+n%26o");
  });

  it("names the call and no model when a session joins a call", () => {
    const config = { callId: "rtc_1", model: "m" };
    expect(urlOf("https://h/v1", config, { model: "p", a: "1" })).toBe("wss://h/v1/realtime?a=1&call_id=rtc_1");
  });

  it.each([
    ["not a url", 'failed to parse realtime api_url: "not a url" is not a URL'],
    ["//h/v1?key=secret", 'failed to parse realtime api_url: "//h/v1" is not a URL'],
    ["https//me:secret@h/v1", 'failed to parse realtime api_url: "[redacted]@h/v1" is not a URL'],
    ["ftp://h/v1", "unsupported realtime api_url scheme: ftp"],
  ])("is refused for %s", (baseUrl, message) => {
    expect(() => urlOf(baseUrl)).toThrow(
      expect.objectContaining({ kind: "build", message: expect.stringContaining(message) }),
    );
    expect(() => urlOf(baseUrl)).not.toThrow("secret");
  });
});
