import { describe, expect, test } from "vitest";
import { modelsTable } from "../../../src/cli/commands/models.ts";
import { ResponseSummary } from "../../../src/cli/response/summary.ts";
import { Thoughts } from "../../../src/cli/response/thoughts.ts";
import { explained, hanging, wrapped } from "../../../src/cli/terminal/layout.ts";
import { Progress } from "../../../src/cli/terminal/progress.ts";
import { columnsOf, hasColour } from "../../../src/cli/terminal/window.ts";
import { fallbackModelInfo } from "../../../src/index.ts";

/** What was written to a stream, as a terminal or not. */
function stream({ isTTY = true, columns = 80 }: { isTTY?: boolean; columns?: number } = {}) {
  const written: string[] = [];
  const target = { isTTY, columns, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
  return { target, written: () => written.join("") };
}

describe("a text", () => {
  test("is wrapped at its spaces, never inside a long word", () => {
    expect(wrapped("one two https://example.com/path three", 10)).toEqual([
      "one two",
      "https://example.com/path",
      "three",
    ]);
    expect(wrapped("as it is", undefined)).toEqual(["as it is"]);
  });

  test("continues below its beginning", () => {
    expect(hanging("  FAIL ", "one two three", 14)).toEqual(["  FAIL one two", "       three"]);
  });

  test("stands beside its name if there is room, else below it", () => {
    const rows = [["--carrier KIND", "how it travels"]] as const;
    expect(explained(rows, 60)).toEqual(["  --carrier KIND  how it travels"]);
    expect(explained(rows, 30)).toEqual(["  --carrier KIND", "      how it travels"]);
  });
});

describe("the width", () => {
  test("is that of the terminal, of COLUMNS, or none for a file", () => {
    expect(columnsOf({ isTTY: true, columns: 132 }, {})).toBe(132);
    expect(columnsOf({ isTTY: false, columns: 132 }, {})).toBeUndefined();
    expect(columnsOf({ isTTY: true, columns: 132 }, { COLUMNS: "40" })).toBe(40);
    expect(columnsOf({ isTTY: true, columns: 3 }, {})).toBe(20);
    expect(columnsOf({ isTTY: true, columns: 0 }, {})).toBeUndefined(); // a pseudo-terminal that nobody gave a size
  });

  test.each([
    [{ isTTY: true }, {}, true],
    [{ isTTY: true }, { NO_COLOR: "1" }, false],
    [{ isTTY: true }, { TERM: "dumb" }, false],
    [{ isTTY: false }, {}, false],
  ])("and colours: %j with %j", (target, env, expected) => expect(hasColour(target, env)).toBe(expected));
});

test("a table of models that is too wide becomes a paragraph for each", () => {
  const models = [fallbackModelInfo("gpt-5-mini")];
  expect(modelsTable({ models })).toMatch(/^SLUG +NAME/);
  const narrow = modelsTable({ models }, 40);
  expect(narrow).toMatch(/^gpt-5-mini\n {2}name: gpt-5-mini\n/);
  expect(Math.max(...narrow.split("\n").map((line) => line.length))).toBeLessThanOrEqual(40);
});

test("the summary of a response continues on the next line, without cutting a part", () => {
  const summary = new ResponseSummary(performance.now());
  const tokenUsage = { inputTokens: 12345, cachedInputTokens: 12000, cacheWriteInputTokens: 0, outputTokens: 678 };
  summary.add({ type: "output_text.delta", delta: "a" });
  summary.add({ type: "completed", tokenUsage: { ...tokenUsage, reasoningOutputTokens: 512, totalTokens: 13023 } });
  const lines = summary.lines(48);
  expect(lines.length).toBeGreaterThan(1);
  expect(lines[0]).toBe("— 12345 (12000 cached) in, 678 (512 reasoning) out");
  expect(summary.lines()).toHaveLength(1);
});

describe("reasoning", () => {
  test("is dimmed under a heading on a terminal, with a blank line between its parts and after it", () => {
    const { target, written } = stream();
    const thoughts = new Thoughts(target, {});
    thoughts.beginPart();
    thoughts.say("one");
    thoughts.beginPart();
    thoughts.say("two");
    thoughts.end();
    thoughts.end();
    const pale = (text: string) => `\u001b[2m${text}\u001b[22m`;
    const parts = ["reasoning:\n", "one", "\n\n", "two"].map(pale);
    expect(written()).toBe(`${parts.join("")}\n\n`);
  });

  test("is plain in a file", () => {
    const { target, written } = stream({ isTTY: false });
    const thoughts = new Thoughts(target, {});
    thoughts.say("one");
    thoughts.end();
    expect(written()).toBe("reasoning:\none\n\n");
  });
});

describe("progress", () => {
  test("is one line, rewritten at most ten times a second and cleared at the end", () => {
    let now = 0;
    const { target, written } = stream({ columns: 40 });
    const progress = new Progress(target, () => now);
    progress.show({ sentBytes: 0, totalBytes: 20_000_000 });
    now = 50;
    progress.show({ sentBytes: 5_000_000, totalBytes: 20_000_000 });
    now = 200;
    progress.show({ sentBytes: 10_000_000, totalBytes: 20_000_000 });
    progress.show({ sentBytes: 20_000_000, totalBytes: 20_000_000 });
    progress.end();
    const lines = written()
      .split("\r")
      .map((line) => line.trim());
    expect(lines).toEqual([
      ...["", "0.0 of 20.0 MB (0 %)", "10.0 of 20.0 MB (50 %)", "20.0 of 20.0 MB (100 %)"],
      ...["", ""],
    ]);
  });

  test("is silent without a terminal", () => {
    const { target, written } = stream({ isTTY: false });
    const progress = new Progress(target);
    progress.show({ sentBytes: 1, totalBytes: 2 });
    progress.end();
    expect(written()).toBe("");
  });
});
