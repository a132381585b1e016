import { describe, expect, it } from "vitest";
import { ChunkedBody } from "../../../../src/client/http/chunked-body.ts";

interface Taken {
  /** The result of each read. */
  readonly data: string[];
  /** Everything that the parser got. */
  rest: string;
  isOver: boolean;
}

/** As the connection does: from the end of the body in chunks on, everything is for the parser. */
function take(reads: readonly string[]): Taken {
  const taken: Taken = { data: [], rest: "", isOver: false };
  const body = new ChunkedBody((data) => taken.data.push(data.toString("latin1")));
  for (const read of reads) {
    const bytes = Buffer.from(read, "latin1");
    taken.rest += (body.isOver ? bytes : (body.take(bytes) ?? "")).toString("latin1");
  }
  taken.isOver = body.isOver;
  return taken;
}

/** Every way to cut a text once, and all of its bytes by themselves. */
function cuts(text: string): string[][] {
  const once = Array.from(text, (_, at) => [text.slice(0, at), text.slice(at)]);
  return [[text], Array.from(text), ...once];
}

describe("the data of a chunked body", () => {
  it.each<[string, string, string]>([
    ["a chunk", "3\r\none\r\n", "one"],
    ["a chunk of one byte", "1\r\n!\r\n", "!"],
    ["chunks one after the other", "3\r\none\r\n4\r\n two\r\n7\r\n, three\r\n", "one two, three"],
    ["line ends in the data", "6\r\n\r\n0\r\n\r\r\n", "\r\n0\r\n\r"],
    ["sizes with letters", `a\r\n${"x".repeat(10)}\r\nF\r\n${"y".repeat(15)}\r\n`, "x".repeat(10) + "y".repeat(15)],
    [
      "sizes of several digits",
      `1f\r\n${"x".repeat(31)}\r\nA0\r\n${"y".repeat(160)}\r\n`,
      "x".repeat(31) + "y".repeat(160),
    ],
    ["a size of nine", "9\r\nnine char\r\n", "nine char"],
    ["zeros before the size, eight digits in all", "00000003\r\none\r\n00000003\r\ntwo\r\n", "onetwo"],
  ])("is complete, however the network cuts it: %s", (_title, text, expected) => {
    for (const reads of cuts(text)) {
      const { data, rest, isOver } = take(reads);
      expect({ text: data.join(""), rest, isOver }).toEqual({ text: expected, rest: "", isOver: false });
      expect(data).not.toContain("");
    }
  });

  it("is one piece for one read, even if chunks begin and end in it", () => {
    expect(take(["3\r\none\r\n4\r\n two\r\n6\r\n th", "ree\r\n2\r\n, "])).toMatchObject({
      data: ["one two th", "ree, "],
    });
  });

  it("is empty for a read between data", () => {
    expect(take(["3\r\none", "\r\n4", "\r\n", " two"])).toMatchObject({ data: ["one", " two"], rest: "" });
  });
});

describe("what the parser gets of a chunked body", () => {
  it.each<[string, string, string, string]>([
    ["the last chunk", "3\r\none\r\n0\r\n\r\n", "one", "0\r\n\r\n"],
    ["the last chunk of an empty body", "0\r\n\r\n", "", "0\r\n\r\n"],
    ["trailers", "3\r\none\r\n0\r\na: b\r\n\r\n", "one", "0\r\na: b\r\n\r\n"],
    ["a chunk with an extension", "3\r\none\r\n3;a=b\r\ntwo\r\n0\r\n\r\n", "one", "3;a=b\r\ntwo\r\n0\r\n\r\n"],
    ["a size that is not plain", "1f \r\n", "", "1f \r\n"],
    ["a size that ends in LF alone", "3\none\r\n", "", "3\none\r\n"],
    ["a size that ends in CR alone", "1f\rone\r\n", "", "1f\rone\r\n"],
    ["no size", "3\r\none\r\n\r\n", "one", "\r\n"],
    ["a size of nine digits", "100000000\r\n", "", "100000000\r\n"],
    ["data longer than their size", "3\r\nones\r\n", "one", "\r\ns\r\n"],
    ["data whose line end has no LF", "3\r\none\r4\r\n", "one", "\r\n4\r\n"],
    ["data whose line end has no CR", "3\r\none\n4\r\n", "one", "\r\n\n4\r\n"],
    ...Array.from("/:@G`g", (odd): [string, string, string, string] => [
      `a size with ${odd}, which is beside the digits`,
      `1\r\n!\r\n${odd}\r\n`,
      "!",
      `${odd}\r\n`,
    ]),
  ])("is everything from the first byte on that has not the plain form: %s", (_title, text, expected, left) => {
    for (const reads of cuts(text)) {
      const { data, rest, isOver } = take(reads);
      expect({ text: data.join(""), rest, isOver }).toEqual({ text: expected, rest: left, isOver: true });
    }
  });
});
