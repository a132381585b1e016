import { deflate } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { IdleTimer } from "../../../../src/client/waiting/idle-timer.ts";
import { beBusy } from "../../../support/busy.ts";

describe("an idle timer of a process that was busy for longer than the time-out", () => {
  it("counts what arrived meanwhile as a sign of life", async () => {
    const onIdle = vi.fn();
    const timer = new IdleTimer(20, onIdle);
    timer.start();
    const arrived = new Promise<void>((resolve) => deflate("from another thread", () => resolve(timer.touch())));
    beBusy(60);
    await arrived;
    expect(onIdle).not.toHaveBeenCalled();
    timer.stop();
  });

  it("fires all the same if nothing did", async () => {
    await new Promise<void>((resolve) => {
      new IdleTimer(20, resolve).start();
      beBusy(60);
    });
  });

  it("is silent once stopped, after the busy time too", async () => {
    const onIdle = vi.fn();
    const timer = new IdleTimer(20, onIdle);
    timer.start();
    beBusy(60);
    await new Promise((resolve) => setTimeout(resolve, 5)); // fires behind the timer, which is due
    timer.stop();
    await new Promise<void>((resolve) => new IdleTimer(300, resolve).start());
    expect(onIdle).not.toHaveBeenCalled();
  });
});
