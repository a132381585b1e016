import { beforeEach, describe, expect, it, vi } from "vitest";
import type { RealtimeConversationEvent } from "../../../../src/api/realtime/conversation/conversation.ts";
import { AnswerWatch } from "../../../../src/cli/realtime/answer-watch.ts";

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

const created = (responseId = "r"): RealtimeConversationEvent => ({ type: "response_created", responseId });
const done = (responseId = "r"): RealtimeConversationEvent => ({ type: "response_done", responseId });
const piece: RealtimeConversationEvent = { type: "output_transcript.delta", delta: "x" };
const speech: RealtimeConversationEvent = { type: "input_audio_speech_started" };
const task: RealtimeConversationEvent = { type: "delegation", handoffId: "h", prompt: "p" };
const updated: RealtimeConversationEvent = { type: "session_updated", sessionId: "s" };

/** A watch that expects an answer, and its result. */
function asked(idleTimeoutMs = 300_000) {
  const watch = new AnswerWatch(idleTimeoutMs);
  watch.asked();
  let outcome: unknown = "waiting";
  watch.answered().then(
    () => {
      outcome = "answered";
    },
    (error) => {
      outcome = error;
    },
  );
  const outcomeAfter = async (events: readonly RealtimeConversationEvent[], waitMs = 0) => {
    for (const event of events) watch.observe(event);
    await vi.advanceTimersByTimeAsync(waitMs);
    return outcome;
  };
  return { watch, outcomeAfter };
}

describe("an answer is complete", () => {
  it.each<[string, RealtimeConversationEvent[]]>([
    ["when its response is done", [created(), piece, done()]],
    ["when an unrequested response is done", [done()]],
    ["when the response after a handoff is done", [created("a"), task, done("a"), created("b"), done("b")]],
    ["when the response after an interrupted one is done", [created("a"), speech, done("a"), created("b"), done("b")]],
    ["with the payload of v2", [{ type: "conversation_item.added", item: { type: "response.done", response: {} } }]],
  ])("%s", async (_what, events) => {
    expect(await asked().outcomeAfter(events)).toBe("answered");
  });

  it.each<[string, RealtimeConversationEvent[]]>([
    ["while it is spoken", [created(), piece]],
    ["while a task is handed over", [created(), task, done()]],
    ["when the user interrupts it", [created(), speech, done()]],
    ["when the user interrupts an answer without response events", [piece, speech]],
    [
      "when it was cancelled, because the next one follows",
      [created(), { type: "response_cancelled", responseId: "r" }],
    ],
    ["with an item of any other shape", [{ type: "conversation_item.added", item: null }]],
  ])("not %s", async (_what, events) => {
    expect(await asked().outcomeAfter(events, 5_000)).toBe("waiting");
  });

  it("a moment after its last piece if there are no response events", async () => {
    const { outcomeAfter } = asked();
    expect(await outcomeAfter([piece], 1_400)).toBe("waiting");
    expect(await outcomeAfter([piece], 1_400)).toBe("waiting");
    expect(await outcomeAfter([], 200)).toBe("answered");
  });

  it("when its response is done, not a moment after a piece that came before it began", async () => {
    const { outcomeAfter } = asked();
    expect(await outcomeAfter([piece, created(), piece], 5_000)).toBe("waiting");
    expect(await outcomeAfter([done()])).toBe("answered");
  });

  it("at once if nothing was asked", async () => {
    await expect(new AnswerWatch(1).answered()).resolves.toBeUndefined();
  });
});

describe("the wait for an answer ends", () => {
  it("after a silence that is too long", async () => {
    const { outcomeAfter } = asked(1_000);
    expect(await outcomeAfter([updated], 900)).toBe("waiting");
    expect(await outcomeAfter([updated], 1_000)).toMatchObject({ kind: "timeout", phase: "idle", timeoutMs: 1_000 });
  });

  it("never, without a limit", async () => {
    expect(await asked(0).outcomeAfter([updated], 10_000_000)).toBe("waiting");
  });

  it("never, with a limit longer than a timer allows", async () => {
    expect(await asked(3_000_000_000).outcomeAfter([updated], 10_000_000)).toBe("waiting");
  });

  it("for a recording that the service did not notice", async () => {
    const { watch, outcomeAfter } = asked();
    watch.speaks();
    watch.observe(updated);
    watch.spoken();
    expect(await outcomeAfter([], 5_000)).toBe("waiting");
    expect(await outcomeAfter([updated], 4_900)).toBe("waiting");
    expect(await outcomeAfter([], 200)).toMatchObject({ kind: "stream", message: expect.stringContaining("silence") });
  });

  it("for such a recording after a shorter limit too", async () => {
    const { watch, outcomeAfter } = asked(1_000);
    watch.speaks();
    watch.spoken();
    expect(await outcomeAfter([], 900)).toBe("waiting");
    expect(await outcomeAfter([], 200)).toMatchObject({ kind: "stream", message: expect.stringContaining("silence") });
  });

  it("not while a recording is sent, however long it is", async () => {
    const { watch, outcomeAfter } = asked(1_000);
    watch.speaks();
    expect(await outcomeAfter([speech], 60_000)).toBe("waiting");
    watch.spoken();
    expect(await outcomeAfter([], 1_100)).toMatchObject({ kind: "timeout", phase: "idle" });
  });

  it("not for one that was noticed", async () => {
    const { watch, outcomeAfter } = asked();
    watch.speaks();
    watch.observe(speech);
    watch.spoken();
    expect(await outcomeAfter([], 20_000)).toBe("waiting");
  });

  it("not for one that was noticed after its end", async () => {
    const { watch, outcomeAfter } = asked();
    watch.speaks();
    watch.spoken();
    expect(await outcomeAfter([], 9_000)).toBe("waiting");
    expect(await outcomeAfter([speech], 20_000)).toBe("waiting");
  });

  it("when the session ends", async () => {
    const { watch, outcomeAfter } = asked();
    watch.end();
    expect(await outcomeAfter([])).toMatchObject({
      kind: "stream",
      message: expect.stringContaining("before it had answered"),
    });
    await expect(watch.answered()).rejects.toMatchObject({ kind: "stream" });
  });

  it("when the session ends with an error of its own", async () => {
    const { watch, outcomeAfter } = asked();
    const error = new Error("own");
    watch.end(error);
    expect(await outcomeAfter([])).toBe(error);
  });

  it("when nobody wants it any more", async () => {
    const { watch, outcomeAfter } = asked();
    watch.leave();
    expect(await outcomeAfter([])).toBe("answered");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("without an error after a normal end", async () => {
    const { watch, outcomeAfter } = asked();
    await outcomeAfter([created(), done()]);
    watch.end();
    await expect(watch.answered()).resolves.toBeUndefined();
  });
});
