import { describe, expect, it, onTestFinished } from "vitest";
import type { EmulatorOptions } from "../../../src/emulator/index.ts";
import { CodexApi, type ProviderConfig, type RetryNotice } from "../../../src/index.ts";
import { clientOptions, emulate } from "../../support/clients.ts";

const request = { model: "m", input: "repeat: hi" };

async function stage(emulation: EmulatorOptions = {}, provider: Partial<ProviderConfig> = {}) {
  const emulator = await emulate(emulation);
  const notices: RetryNotice[] = [];
  const api = new CodexApi({
    ...clientOptions(emulator.url, provider),
    telemetry: { onRetry: (notice) => void notices.push(notice) },
  });
  onTestFinished(() => api.close());
  const kinds = () => emulator.requests.map(({ kind }) => kind);
  return { api, notices, kinds };
}

const refusing = (status: number): EmulatorOptions => ({
  script: ({ kind }) => (kind === "handshake" ? { refuse: { status } } : undefined),
});

describe("a response asked for with carrier auto", () => {
  it("comes over a WebSocket where there is one", async () => {
    const { api, kinds, notices } = await stage();
    expect((await api.responses.create(request, { carrier: "auto" })).text).toBe("hi");
    expect(kinds()).toEqual(["handshake", "frame"]);
    expect(notices).toEqual([]);
  });

  it("comes over HTTP at once where the service opens none, and that is announced", async () => {
    const { api, kinds, notices } = await stage(refusing(426));
    expect((await api.responses.create(request, { carrier: "auto" })).text).toBe("hi");
    expect(kinds()).toEqual(["handshake", "http"]);
    expect(notices).toMatchObject([{ layer: "fallback", reason: { kind: "http", status: 426 } }]);
  });

  it("comes over HTTP where the provider has no WebSockets, and none is asked for", async () => {
    const { api, kinds } = await stage({}, { supportsWebSockets: false });
    expect((await api.responses.create(request, { carrier: "auto" })).text).toBe("hi");
    expect(kinds()).toEqual(["http"]);
  });

  it("is not asked for again where HTTP would be refused as well", async () => {
    const { api, kinds } = await stage(refusing(401));
    await expect(api.responses.create(request, { carrier: "auto" })).rejects.toMatchObject({ status: 401 });
    expect(kinds()).not.toContain("http");
  });
});

it("a response asked for over a WebSocket alone fails where none opens", async () => {
  const { api, kinds } = await stage(refusing(426));
  await expect(api.responses.create(request, { carrier: "websocket" })).rejects.toMatchObject({ status: 426 });
  expect(kinds()).not.toContain("http");
});

it.each([
  [400, "elsewhere"],
  [401, "never"],
  [403, "elsewhere"],
  [404, "elsewhere"],
  [426, "elsewhere"],
  [429, "again"],
  [503, "again"],
])("the error of a WebSocket that is refused with %d says what could help: %s", async (status, outlook) => {
  const { api } = await stage(refusing(status), { retry: { maxRetries: 0 } });
  await expect(api.websocket()).rejects.toMatchObject({ outlook });
  await expect(api.responses.create(request, { carrier: "websocket" })).rejects.toMatchObject({ outlook });
});

it("a realtime session that is refused has no other carrier", async () => {
  const { api } = await stage(refusing(404));
  await expect(api.realtime.connect()).rejects.toMatchObject({ status: 404, outlook: "never" });
});
