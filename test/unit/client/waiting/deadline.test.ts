import { describe, expect, test } from "vitest";
import { AbortedError, NetworkError } from "../../../../src/client/failure/kinds.ts";
import { withDeadline } from "../../../../src/client/waiting/deadline.ts";
import { errorOf } from "../../../support/transport.ts";

/** Work that ends only when its signal fires, as everything of ours does. */
function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(new AbortedError(signal.reason)));
  });
}

describe("withDeadline", () => {
  test("returns the work's result", async () => {
    expect(await withDeadline({ timeoutMs: 1000, what: "x" }, async () => 7)).toBe(7);
  });

  test("ends work that takes too long, and says what did not happen", async () => {
    expect(await errorOf(withDeadline({ timeoutMs: 5, what: "no answer" }, untilAborted))).toMatchObject({
      kind: "timeout",
      timeoutMs: 5,
      message: "no answer within 5 ms",
    });
  });

  test("leaves the work's own errors unchanged", async () => {
    const broken = new NetworkError("broken");
    expect(await errorOf(withDeadline({ timeoutMs: 1000, what: "x" }, () => Promise.reject(broken)))).toBe(broken);
  });

  test("passes the caller's abort on, with its reason", async () => {
    const controller = new AbortController();
    const failed = errorOf(withDeadline({ timeoutMs: 1000, signal: controller.signal, what: "x" }, untilAborted));
    controller.abort("enough");
    expect(await failed).toMatchObject({ kind: "aborted", cause: "enough" });
  });

  test("does not begin when the caller has aborted", async () => {
    let begun = false;
    const work = async () => {
      begun = true;
    };
    for (const timeoutMs of [0, 1000]) {
      const failed = errorOf(withDeadline({ timeoutMs, signal: AbortSignal.abort(), what: "x" }, work));
      expect(await failed).toMatchObject({ kind: "aborted" });
    }
    expect(begun).toBe(false);
  });

  test("has no effect at 0: the caller's own signal is passed", async () => {
    const { signal } = new AbortController();
    expect(await withDeadline({ timeoutMs: 0, signal, what: "x" }, async (given) => given)).toBe(signal);
  });
});
