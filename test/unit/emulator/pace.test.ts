import { describe, expect, it } from "vitest";
import { paced, pauseMs } from "../../../src/emulator/delivery/pace.ts";

const never = new AbortController().signal;
const textOf = (text: string) => text;

async function collect(events: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const event of events) all.push(event);
  return all;
}

describe("the pace", () => {
  it.each([
    [{ delayMsPerWord: 40 } as const, "word", 40],
    [{ charactersPerSecond: 100 } as const, "ten chars!", 100],
    ["human" as const, "a".repeat(24), 100],
    ["none" as const, "word", 0],
  ])("of %j waits before %j for %d ms", (pace, text, expected) => {
    expect(pauseMs(pace, text)).toBeCloseTo(expected);
  });

  it("delays only events with text", async () => {
    const startedAt = performance.now();
    expect(await collect(paced(["", "a", "", "b"], { delayMsPerWord: 25 }, textOf, never))).toEqual(["", "a", "", "b"]);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(48);
  });

  it("ends at once when the client has left", async () => {
    const gone = new AbortController();
    const events = paced(["", "a"], { delayMsPerWord: 60_000 }, textOf, gone.signal);
    expect(await events.next()).toEqual({ done: false, value: "" });
    const waiting = events.next();
    gone.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });
});
