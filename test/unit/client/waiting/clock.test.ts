import { describe, expect, it, onTestFinished, vi } from "vitest";
import { systemClock } from "../../../../src/client/waiting/clock.ts";

describe("sleep", () => {
  it("for longer than a timer allows does not end at once", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const wake = vi.fn();
    systemClock.sleep(2 ** 32).then(wake);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(wake).not.toHaveBeenCalled();
  });
});
