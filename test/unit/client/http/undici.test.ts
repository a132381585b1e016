import { expect, onTestFinished, test, vi } from "vitest";

const PART = "undici/lib/dispatcher/client.js";

test("all of undici is loaded if its client is not in the expected file", async () => {
  const moved = vi.fn(() => ({ default: undefined }));
  vi.doMock(PART, moved);
  vi.resetModules();
  onTestFinished(() => {
    vi.doUnmock(PART);
    vi.resetModules();
  });
  const { loadUndiciClient } = await import("../../../../src/client/http/undici.ts");
  const Client = await loadUndiciClient();
  expect(moved).toHaveBeenCalled();
  expect(new Client("http://127.0.0.1:1").dispatch).toBeTypeOf("function");
});
