import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { CallQueue } from "../../../../src/api/session/call-queue.ts";

it("lets callers in one at a time, in the order of asking", async () => {
  const queue = new CallQueue();
  const { signal } = new AbortController();
  const order: string[] = [];
  const visit = async (name: string) => {
    const exit = await queue.enter(signal);
    order.push(`${name} in`);
    await Promise.resolve();
    order.push(`${name} out`);
    exit();
  };
  await Promise.all([visit("a"), visit("b"), visit("c")]);
  expect(order).toEqual(["a in", "a out", "b in", "b out", "c in", "c out"]);
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

it("takes who gives up out of the line, wherever he stands", async () => {
  const queue = new CallQueue();
  const { signal } = new AbortController();
  const exit = await queue.enter(signal);
  const [second, third] = [new AbortController(), new AbortController()];
  const refused = [queue.enter(second.signal), queue.enter(third.signal)];
  const fourth = queue.enter(signal);
  third.abort("third");
  second.abort("second");
  await expect(refused[0]).rejects.toMatchObject({ kind: "aborted", cause: "second" });
  await expect(refused[1]).rejects.toMatchObject({ kind: "aborted", cause: "third" });
  exit();
  (await fourth)();
  await queue.enter(signal);
});

it("refuses a signal that has fired, and leaves the line as it was", async () => {
  const queue = new CallQueue();
  await expect(queue.enter(AbortSignal.abort("no"))).rejects.toMatchObject({ kind: "aborted", cause: "no" });
  await queue.enter(new AbortController().signal);
});

it("leaving twice lets in one", async () => {
  const queue = new CallQueue();
  const { signal } = new AbortController();
  const exit = await queue.enter(signal);
  const second = queue.enter(signal);
  let isThirdIn = false;
  void queue.enter(signal).then(() => {
    isThirdIn = true;
  });
  exit();
  exit();
  await second;
  await new Promise((resolve) => setImmediate(resolve));
  expect(isThirdIn).toBe(false);
});
