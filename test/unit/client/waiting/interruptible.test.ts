import { getEventListeners } from "node:events";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { interruptible, unlessInterrupted } from "../../../../src/client/waiting/interruptible.ts";

const late = new Error("late");
const lateError = () => late;

/** A wait with everything, and how to end it. */
function open() {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const controller = new AbortController();
  const { signal } = controller;
  const release = vi.fn();
  let finish = (_result: string): void => {};
  let fail = (_error: unknown): void => {};
  const wait = interruptible<string>({ signal, timeoutMs: 50, lateError }, (resolve, reject) => {
    finish = resolve;
    fail = reject;
    return release;
  });
  return {
    wait,
    controller,
    release,
    finish: (result: string) => finish(result),
    fail: (error: unknown) => fail(error),
  };
}

describe("a wait", () => {
  it.each<[string, (opened: ReturnType<typeof open>) => unknown, object]>([
    ["a result", ({ finish }) => finish("done"), { status: "fulfilled", value: "done" }],
    ["a failure", ({ fail }) => fail(late), { status: "rejected", reason: late }],
    [
      "the signal",
      ({ controller }) => controller.abort("why"),
      { status: "rejected", reason: { kind: "aborted", cause: "why" } },
    ],
    ["the time limit", () => vi.advanceTimersByTime(50), { status: "rejected", reason: late }],
  ])("ends with %s, once, and leaves nothing behind", async (_what, end, expected) => {
    const opened = open();
    end(opened);
    opened.fail(new Error("too late"));
    const [settled] = await Promise.allSettled([opened.wait]);
    expect(settled).toMatchObject(expected);
    expect(opened.release).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(opened.controller.signal, "abort")).toEqual([]);
  });

  it("that ends before it has begun releases what was set up", async () => {
    const release = vi.fn();
    const wait = interruptible<number>({}, (resolve) => {
      resolve(1);
      return release;
    });
    expect(await wait).toBe(1);
    expect(release).toHaveBeenCalledTimes(1);
  });

  it("that cannot begin leaves nothing behind", async () => {
    const { signal } = new AbortController();
    const wait = interruptible({ signal }, () => {
      throw late;
    });
    await expect(wait).rejects.toBe(late);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("for longer than a timer allows does not end at once", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const ended = vi.fn();
    unlessInterrupted({ timeoutMs: 2 ** 32, lateError }, () => new Promise(() => {})).catch(ended);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ended).not.toHaveBeenCalled();
  });
});
