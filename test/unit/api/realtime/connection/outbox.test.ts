import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { Outbox } from "../../../../../src/api/realtime/connection/outbox.ts";

const WINDOW = 32;
const MOST_AUDIO = 256;

/** A network that accepts a message when the test says so. */
function slowOutbox(options: { readonly dropOldestAudio?: boolean } = {}) {
  const sent: string[] = [];
  const pending: { resolve(): void; reject(error: Error): void }[] = [];
  let dropped = 0;
  const outbox = new Outbox({
    dropOldestAudio: options.dropOldestAudio ?? false,
    onDrop: () => {
      dropped += 1;
    },
    send: (text) => {
      sent.push(text);
      return new Promise((resolve, reject) => pending.push({ resolve, reject }));
    },
  });
  return {
    outbox,
    sent,
    get dropped() {
      return dropped;
    },
    take: () => pending.shift()?.resolve(),
    breakOff: () => pending.shift()?.reject(new Error("broken")),
    fill: () => Array.from({ length: WINDOW }, (_, index) => outbox.send({ text: `w${index}`, isAudio: false })),
  };
}

const audio = (text: string, signal?: AbortSignal) => ({ text, isAudio: true, signal });

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const settle = (): void => {
    settled = true;
  };
  promise.then(settle, settle);
  await new Promise(setImmediate);
  return settled;
}

describe("an outbox", () => {
  it("holds 32 messages, and lets the next sender wait until one is taken", async () => {
    const { outbox, sent, take, fill } = slowOutbox();
    const [first] = fill();
    const late = outbox.send(audio("late"));
    expect(sent).toHaveLength(WINDOW);
    take();
    await first;
    expect(sent.at(-1)).toBe("late");
    expect(await isSettled(late)).toBe(false);
    for (let index = 0; index < WINDOW; index += 1) take();
    await late;
  });

  it("keeps the order of the senders, audio or not", async () => {
    const { outbox, sent, take, fill } = slowOutbox();
    fill();
    const late = [outbox.send(audio("1")), outbox.send({ text: "2", isAudio: false }), outbox.send(audio("3"))];
    for (let index = 0; index < WINDOW + late.length; index += 1) {
      take();
      await Promise.resolve().then(() => {});
      await new Promise(setImmediate);
    }
    await Promise.all(late);
    expect(sent.slice(WINDOW)).toEqual(["1", "2", "3"]);
  });

  it("rejects the sender of a message that fails, and continues with the next", async () => {
    const { outbox, sent, breakOff, fill } = slowOutbox();
    const [first, ...others] = fill();
    const late = outbox.send(audio("late"));
    for (const each of [...others, late]) each.catch(() => {});
    breakOff();
    await expect(first).rejects.toThrow("broken");
    expect(sent.at(-1)).toBe("late");
  });

  it("rejects all senders when it closes, and later ones too", async () => {
    const { outbox, sent, fill } = slowOutbox();
    fill();
    const late = outbox.send(audio("late"));
    outbox.close(new Error("over"));
    await expect(late).rejects.toThrow("over");
    await expect(outbox.send(audio("later"))).rejects.toThrow("over");
    expect(sent).toHaveLength(WINDOW);
  });

  it("drops a message whose sender aborts, and leaves no listener behind", async () => {
    const { outbox, sent, take, fill } = slowOutbox();
    const [first] = fill();
    const leaving = new AbortController();
    const staying = new AbortController();
    const left = outbox.send(audio("left", leaving.signal));
    const stayed = outbox.send(audio("stayed", staying.signal));
    leaving.abort("enough");
    await expect(left).rejects.toMatchObject({ kind: "aborted", cause: "enough" });
    take();
    await first;
    expect(sent.slice(WINDOW)).toEqual(["stayed"]);
    for (let index = 0; index < WINDOW; index += 1) take();
    await stayed;
    expect(getEventListeners(staying.signal, "abort")).toEqual([]);
  });

  it("sends nothing for a signal that has fired", async () => {
    const { outbox, sent } = slowOutbox();
    await expect(outbox.send(audio("x", AbortSignal.abort()))).rejects.toMatchObject({ kind: "aborted" });
    expect(sent).toEqual([]);
  });

  it("refuses more than 16 MiB of messages that no sender waits for", async () => {
    const { outbox, fill } = slowOutbox();
    fill();
    const half = "x".repeat(8 * 1024 * 1024);
    outbox.send(audio(half));
    outbox.send(audio(half));
    await expect(outbox.send(audio("x"))).rejects.toMatchObject({
      kind: "limit",
      message: expect.stringMatching(/^failed to send realtime request: 16777216 characters wait/),
    });
  });

  it("has room again once messages were sent", async () => {
    const { outbox, take, fill } = slowOutbox();
    const [first] = fill();
    const most = "x".repeat(16 * 1024 * 1024);
    void outbox.send(audio(most));
    take();
    await first;
    const next = outbox.send(audio(most));
    expect(await isSettled(next)).toBe(false);
  });

  it("keeps all audio unless asked to drop some", async () => {
    const slow = slowOutbox();
    slow.fill();
    const frames = Array.from({ length: MOST_AUDIO + 1 }, (_, index) => slow.outbox.send(audio(`a${index}`)));
    expect(slow.dropped).toBe(0);
    expect(await isSettled(frames[0] ?? Promise.resolve())).toBe(false);
  });

  it("drops the oldest audio past 256 frames, and nothing but audio", async () => {
    const slow = slowOutbox({ dropOldestAudio: true });
    slow.fill();
    const text = slow.outbox.send({ text: "text", isAudio: false });
    const frames = Array.from({ length: MOST_AUDIO + 2 }, (_, index) => slow.outbox.send(audio(`a${index}`)));
    await frames[0];
    await frames[1];
    expect(slow.dropped).toBe(2);
    expect(await isSettled(frames[2] ?? Promise.resolve())).toBe(false);
    expect(await isSettled(text)).toBe(false);
    for (let index = 0; index < 2; index += 1) {
      slow.take();
      await new Promise(setImmediate);
    }
    expect(slow.sent.slice(WINDOW)).toEqual(["text", "a2"]);
  });
});
