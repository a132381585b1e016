import { describe, expect, it } from "vitest";
import { blankLineEnd, firstLineEnd, lastBlankLineEnd, lastLineEnd } from "../../../../src/client/sse/line-ends.ts";

describe("the end of", () => {
  it.each([
    ["ab\ncd\n", 2],
    ["ab\rcd\n", 2],
    ["ab\ncd\r", 2],
    ["ab\r\n", 2],
    ["ab\r", 2],
    ["\n", 0],
    ["ab", -1],
    ["", -1],
  ])("the first line of %j is at %i", (text, at) => {
    expect(firstLineEnd(Buffer.from(text))).toBe(at);
  });

  it.each([
    ["ab\ncd\n", 5],
    ["ab\ncd", 2],
    ["ab\nc", 2],
    ["ab\ncd\r", 5],
    ["ab\ncd\re", 5],
    ["ab\n\re", 3],
    ["ab\rcd", 2],
    ["ab\rcd\re", 5],
    ["\rb", 0],
    ["ab", -1],
    ["", -1],
  ])("the last line of %j is at %i", (text, at) => {
    expect(lastLineEnd(Buffer.from(text))).toBe(at);
  });

  it.each([
    ["a\nb\n\nc\n\n", 4],
    ["a\n\nb\n\n", 2],
    ["\n\n", 1],
    ["a\n\n\n", 2],
    ["a\nb\n", -1],
    ["a\n\r\n", -1],
    ["ab", -1],
    ["", -1],
  ])("the first blank line of %j is at %i", (text, at) => {
    expect(blankLineEnd(Buffer.from(text))).toBe(at);
  });

  it.each([
    ["a\n\nb\n\nc\nd\n", 0, 5],
    ["a\n\nb\nc", 0, 2],
    ["\n\na", 0, 1],
    ["a\nb\n", 0, -1],
    ["ab", 0, -1],
    ["", 0, -1],
    ["a\n\nb", 1, 2],
    ["a\n\nb", 2, -1],
    ["a\n\nb\n\n", 3, 5],
  ])("the last blank line of %j from %i on is at %i", (text, start, at) => {
    expect(lastBlankLineEnd(Buffer.from(text), start)).toBe(at);
  });
});
