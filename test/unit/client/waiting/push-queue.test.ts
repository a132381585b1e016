import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { PushQueue } from "../../../../src/client/waiting/push-queue.ts";

async function drain<Value>(queue: PushQueue<Value>): Promise<Value[]> {
  const values: Value[] = [];
  for await (const value of { [Symbol.asyncIterator]: () => queue }) values.push(value);
  return values;
}

describe("a push queue", () => {
  it("gives values in order, whether they were pushed before or after they were requested", async () => {
    const queue = new PushQueue<number>();
    queue.push(1);
    queue.push(2);
    expect(await queue.next()).toEqual({ done: false, value: 1 });
    expect(await queue.next()).toEqual({ done: false, value: 2 });
    const waiting = [queue.next(), queue.next()];
    queue.push(3);
    queue.push(4);
    expect(await Promise.all(waiting)).toEqual([
      { done: false, value: 3 },
      { done: false, value: 4 },
    ]);
  });

  it("ends after what is queued, and ignores what is pushed later", async () => {
    const queue = new PushQueue<number>();
    queue.push(1);
    queue.end();
    queue.push(2);
    expect(await drain(queue)).toEqual([1]);
  });

  it("throws its error once, after what is queued, and is then done", async () => {
    const queue = new PushQueue<number>();
    queue.push(1);
    queue.fail(new Error("broken"));
    expect(await queue.next()).toEqual({ done: false, value: 1 });
    await expect(queue.next()).rejects.toThrow("broken");
    expect(await queue.next()).toEqual({ done: true, value: undefined });
  });

  it("rejects the first of several waiting readers and ends the others", async () => {
    const queue = new PushQueue<number>();
    const [first, second] = [queue.next(), queue.next()];
    queue.fail(new Error("broken"));
    await expect(first).rejects.toThrow("broken");
    expect(await second).toEqual({ done: true, value: undefined });
  });

  it("drops what is queued when it is cut", async () => {
    const queue = new PushQueue<number>();
    queue.push(1);
    queue.cut(new Error("aborted"));
    await expect(queue.next()).rejects.toThrow("aborted");
  });

  it("is cut by its signal even if everything is queued, until the end has been read", async () => {
    const abort = new AbortController();
    const queue = new PushQueue<number>();
    queue.signal = abort.signal;
    queue.push(1);
    queue.push(2);
    queue.end();
    expect(await queue.next()).toEqual({ done: false, value: 1 });
    abort.abort("enough");
    await expect(queue.next()).rejects.toMatchObject({ kind: "aborted", cause: "enough" });
    expect(await queue.next()).toEqual({ done: true, value: undefined });
    queue.cut(new Error("late"));
    expect(await queue.next()).toEqual({ done: true, value: undefined });
  });

  it("replaces an unread failure when it is cut", async () => {
    const queue = new PushQueue<number>();
    queue.fail(new Error("broken"));
    queue.cut(new Error("aborted"));
    await expect(queue.next()).rejects.toThrow("aborted");
  });

  it("reports when it has been emptied and when the reader leaves", async () => {
    const queue = new PushQueue<number>();
    const said: string[] = [];
    queue.backlog = { clear: () => void said.push(`empty with ${queue.length}`) };
    queue.onLeave = () => said.push("left");
    queue.push(1);
    queue.push(2);
    await queue.next();
    expect(said).toEqual([]);
    await queue.next();
    expect(said).toEqual(["empty with 0"]);
    await queue.return();
    await queue.return();
    expect(said).toEqual(["empty with 0", "left"]);
  });

  it("is left by a loop that breaks, and yields nothing after that", async () => {
    const queue = new PushQueue<number>();
    let left = 0;
    queue.onLeave = () => {
      left += 1;
    };
    queue.push(1);
    queue.push(2);
    for await (const value of { [Symbol.asyncIterator]: () => queue }) {
      expect(value).toBe(1);
      break;
    }
    expect(left).toBe(1);
    expect(await queue.next()).toEqual({ done: true, value: undefined });
  });

  it("does not report leaving if the end was reached", async () => {
    const queue = new PushQueue<number>();
    queue.onLeave = () => expect.unreachable();
    queue.end();
    await queue.return();
  });
});

describe("a function that takes the batches of a push queue", () => {
  /** A function that is busy with each batch until `go` is called. */
  function slowly(queue: PushQueue<number>) {
    const taken: number[][] = [];
    let go = (): void => {};
    const end = queue.forEachBatch((batch) => {
      taken.push(batch);
      return new Promise<void>((resolve) => {
        go = resolve;
      });
    });
    return { taken, end, go: () => go() };
  }

  it("gets what is queued, then each batch at once, until the end", async () => {
    const queue = new PushQueue<number>();
    queue.push(1);
    const taken: number[][] = [];
    const end = queue.forEachBatch((batch) => {
      taken.push(batch);
      return undefined;
    });
    expect(taken).toEqual([[1]]);
    queue.pushAll([2, 3]);
    queue.flush();
    expect(taken).toEqual([[1], [2, 3]]);
    queue.push(4);
    queue.end();
    await end;
    expect(taken).toEqual([[1], [2, 3], [4]]);
  });

  it("gets nothing while it is busy, then everything that came meanwhile, and then the error", async () => {
    const queue = new PushQueue<number>();
    const { taken, end, go } = slowly(queue);
    for (const value of [1, 2, 3]) {
      queue.push(value);
      queue.flush();
    }
    queue.fail(new Error("broken"));
    expect(taken).toEqual([[1]]);
    go();
    await Promise.resolve();
    expect(taken).toEqual([[1], [2, 3]]);
    go();
    await expect(end).rejects.toThrow("broken");
  });

  it("holds the source back while it is busy, until it has taken the backlog", () => {
    const queue = new PushQueue<number>();
    let cleared = 0;
    queue.backlog = {
      clear() {
        cleared += 1;
      },
    };
    slowly(queue);
    queue.push(1);
    queue.flush();
    queue.push(2);
    queue.flush();
    expect([cleared, queue.length]).toEqual([1, 1]);
  });

  it("ends at once when the queue is cut or left, even if it is busy", async () => {
    const cut = new PushQueue<number>();
    const taking = slowly(cut);
    cut.push(1);
    cut.flush();
    cut.push(2);
    cut.cut(new Error("aborted"));
    await expect(taking.end).rejects.toThrow("aborted");
    const left = new PushQueue<number>();
    const leaving = slowly(left);
    left.push(1);
    left.flush();
    await left.return();
    await leaving.end;
    expect([taking.taken, leaving.taken]).toEqual([[[1]], [[1]]]);
  });

  it("gets nothing more once the signal has fired", async () => {
    const abort = new AbortController();
    const queue = new PushQueue<number>();
    queue.signal = abort.signal;
    queue.push(1);
    abort.abort("enough");
    const end = queue.forEachBatch(() => expect.unreachable());
    await expect(end).rejects.toMatchObject({ kind: "aborted", cause: "enough" });
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("full disk");
      },
    ],
    ["rejects", () => Promise.reject(new Error("full disk"))],
  ])("that %s leaves the queue with its error", async (_how, take) => {
    const queue = new PushQueue<number>();
    let left = 0;
    queue.onLeave = () => {
      left += 1;
    };
    const end = queue.forEachBatch(take);
    queue.push(1);
    queue.flush();
    await expect(end).rejects.toThrow("full disk");
    expect(left).toBe(1);
  });
});

describe("a wait on a push queue with a signal", () => {
  it("ends at once when the signal fires, and the next value goes to whoever still waits", async () => {
    const queue = new PushQueue<number>();
    const leaving = new AbortController();
    const left = queue.next(leaving.signal);
    const staying = queue.next();
    leaving.abort("enough");
    await expect(left).rejects.toMatchObject({ kind: "aborted", cause: "enough" });
    queue.push(1);
    expect(await staying).toEqual({ done: false, value: 1 });
  });

  it("ends alone, at any position in the line", async () => {
    for (const place of [0, 1, 2]) {
      const leaving = new AbortController();
      const queue = new PushQueue<number>();
      const waiting = [0, 1, 2].map((index) => queue.next(index === place ? leaving.signal : undefined));
      leaving.abort();
      await expect(waiting[place]).rejects.toMatchObject({ kind: "aborted" });
      queue.push(1);
      queue.push(2);
      const others = await Promise.all(waiting.filter((_, index) => index !== place));
      expect(others.map(({ value }) => value)).toEqual([1, 2]);
    }
  });

  it("does not begin if the signal has fired, and takes nothing", async () => {
    const queue = new PushQueue<number>();
    queue.push(1);
    await expect(queue.next(AbortSignal.abort())).rejects.toMatchObject({ kind: "aborted" });
    expect(queue.length).toBe(1);
  });

  it("leaves no listener behind", async () => {
    const queue = new PushQueue<number>();
    const { signal } = new AbortController();
    const waiting = [queue.next(signal), queue.next(signal)];
    queue.push(1);
    queue.fail(new Error("broken"));
    expect(await Promise.allSettled(waiting)).toMatchObject([{ status: "fulfilled" }, { status: "rejected" }]);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});
