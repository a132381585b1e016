import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { AbortedError } from "../../../../src/client/failure/kinds.ts";
import { unlessAborted } from "../../../../src/client/waiting/abort.ts";

describe("unlessAborted", () => {
  it("returns the work's result, and leaves no listener behind", async () => {
    const { signal } = new AbortController();
    expect(await unlessAborted(signal, () => 1)).toBe(1);
    await expect(unlessAborted(signal, () => Promise.reject(new Error("work")))).rejects.toThrow("work");
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("does not begin under a signal that has fired", async () => {
    let begun = false;
    const work = () => {
      begun = true;
    };
    await expect(unlessAborted(AbortSignal.abort("why"), work)).rejects.toThrow(AbortedError);
    expect(begun).toBe(false);
  });

  it("ends with the signal, and ignores a later failure of the work", async () => {
    const controller = new AbortController();
    let fail = (_error: Error) => {};
    const work = new Promise<void>((_resolve, reject) => {
      fail = reject;
    });
    const waiting = unlessAborted(controller.signal, () => work);
    controller.abort("why");
    await expect(waiting).rejects.toMatchObject({ kind: "aborted", cause: "why" });
    fail(new Error("too late")); // unheard: an unhandled rejection would fail the run
  });
});
