import { describe, expect, it } from "vitest";
import type { RawData } from "../../../../src/client/raw-text.ts";
import { SseDecoder } from "../../../../src/client/sse/index.ts";

describe("a sink for raw data", () => {
  const LONG = "x".repeat(5_000);
  const heard = (chunks: readonly string[], maxEventBytes?: number) => {
    const data: RawData[] = [];
    const decoder = new SseDecoder({ onRawData: (each) => data.push(each) }, { maxEventBytes });
    const feed = () => {
      for (const chunk of chunks) decoder.feed(Buffer.from(chunk));
    };
    return { data, decoder, feed };
  };

  it("gets the bytes as characters, and no events", () => {
    const { data, feed } = heard([
      "event: x\ndata: é\n\ndata: z\n\ndata: a\n",
      "data: b\n\n: ping\n\n",
      "event: y\n\n",
      "data:c\n\n",
    ]);
    feed();
    expect(data).toEqual(["\xC3\xA9", "z", "a\nb", "c"]);
  });

  it("gets long data as bytes", () => {
    const long = "é".repeat(3000);
    const { data, feed } = heard([`event: x\ndata: ${long}\n\ndata:${long}\n\ndata: z\n\n`]);
    feed();
    expect(data).toEqual([Buffer.from(long), Buffer.from(long), "z"]);
  });

  it("gets long data that came in pieces as bytes", () => {
    const long = "x".repeat(50_000);
    const { data, feed } = heard(["event: x\ndata: ", long, "\n", "\n"]);
    feed();
    expect(data).toEqual([Buffer.from(long)]);
  });

  it.each([
    ["a line after it", `data: ${"x".repeat(5000)}\ndata: y\n\n`, `${"x".repeat(5000)}\ny`],
    ["a line after it that is not ASCII", `data: ${"é".repeat(3000)}\ndata: y\n\n`, `${"\xC3\xA9".repeat(3000)}\ny`],
    ["a line before it", `data: y\ndata: ${"x".repeat(5000)}\n\n`, `y\n${"x".repeat(5000)}`],
  ])("gets long data with %s as characters", (_title, chunk, expected) => {
    const { data, feed } = heard([chunk]);
    feed();
    expect(data).toEqual([expected]);
  });

  it("gets what comes before long data in lines that end in CR", () => {
    const { data, feed } = heard([`event: x\rdata: y\ndata: ${"x".repeat(5000)}\n\n`]);
    feed();
    expect(data).toEqual([`y\n${"x".repeat(5000)}`]);
  });

  it("gets long data once if the name of the next event ends in CR", () => {
    const { data, feed } = heard([`data:${LONG}\n\nevent: x\r`, "data: z\r\r"]);
    feed();
    expect(data).toEqual([Buffer.from(LONG), "z"]);
  });

  it.each<[string, string[], RawData[]]>([
    ["that a line of an earlier chunk precedes", ["data: y\n", `data: ${LONG}\n\n`], [`y\n${LONG}`]],
    ["whose line ends in CR", [`data: ${LONG}\r`, "\r"], [LONG]],
    ["after an event that ends in CR", ["data: a\r\r", `data: ${LONG}\n`, "\n"], ["a", LONG]],
    [
      "before U+FEFF, which is no byte order mark there",
      [`data: ${LONG}\n\n`, "\uFEFFdata: b\n\n"],
      [Buffer.from(LONG)],
    ],
  ])("gets long data %s, all of it once", (_title, chunks, expected) => {
    const { data, feed } = heard(chunks);
    feed();
    expect(data).toEqual(expected);
  });

  it("limits long data too", () => {
    const { feed } = heard([`data: ${"x".repeat(5000)}\n\n`], 4999);
    expect(feed).toThrow(/larger than 4999 bytes/);
  });

  it("gets an event with the chunk that completes it", () => {
    const { data, decoder } = heard([]);
    decoder.feed(Buffer.from("data: a\n\ndata: b\n\ndata: c"));
    expect(data).toEqual(["a", "b"]);
    decoder.feed(Buffer.from("\n\n"));
    expect(data).toEqual(["a", "b", "c"]);
  });

  const three = Buffer.from("data: a\n\ndata: b\n\ndata: c\n\n");
  const last = Buffer.from("data: d\n\n");

  it("gets nothing twice after it threw", () => {
    const data: RawData[] = [];
    const onRawData = (each: RawData) => {
      data.push(each);
      if (each === "b") throw new Error("no b");
    };
    const decoder = new SseDecoder({ onRawData });
    expect(() => decoder.feed(three)).toThrow("no b");
    decoder.feed(last);
    expect(data).toEqual(["a", "b", "d"]);
  });

  it("gets nothing twice if it feeds the decoder itself", () => {
    const data: RawData[] = [];
    const onRawData = (each: RawData) => {
      data.push(each);
      if (each === "a") decoder.feed(last);
    };
    const decoder: SseDecoder = new SseDecoder({ onRawData });
    decoder.feed(three);
    expect(data).toEqual(["a", "b", "c", "d"]);
  });

  it("gets what came before an event that is too large", () => {
    const { data, feed } = heard([`data: a\n\ndata: ${"x".repeat(100)}`], 50);
    expect(feed).toThrow(/larger than 50 bytes/);
    expect(data).toEqual(["a"]);
  });

  it("gets no event without its blank line, which the caller gets at the end", () => {
    const { data, decoder, feed } = heard(["data: a\n\ndata: b"]);
    feed();
    expect(decoder.end()).toEqual({ event: undefined, data: "b", id: undefined });
    expect(data).toEqual(["a"]);
  });
});

describe("a sink that is offered lines", () => {
  const EVENT = 'event: e\ndata: {"a":1}\n\n';
  const offered = (chunks: readonly string[]) => {
    const offers: string[] = [];
    const decoder = new SseDecoder({
      onRawData() {},
      onLines(lines, start) {
        offers.push(lines.slice(start));
        return lines.length;
      },
    });
    for (const chunk of chunks) decoder.feed(Buffer.from(chunk));
    return offers;
  };

  it.each([4, 9, 10, 15, EVENT.length - 1])("gets an event in one piece if the network cuts it at byte %d", (at) => {
    expect(offered([EVENT + EVENT.slice(0, at), EVENT.slice(at) + EVENT])).toEqual([EVENT, EVENT, EVENT]);
  });

  /** What is offered to a sink that accepts nothing, and the data that it gets. */
  const refused = () => {
    const offers: string[] = [];
    const decoder = new SseDecoder({
      onRawData: (each) => void offers.push(`data ${each}`),
      onLines(lines, start) {
        offers.push(lines.slice(start));
        return start;
      },
    });
    return { offers, decoder };
  };

  it("does not get an event in one piece if the stream ends without its blank line", () => {
    const { offers, decoder } = refused();
    decoder.feed(Buffer.from("event: e\ndata: a\n"));
    expect(decoder.end()).toMatchObject({ event: "e", data: "a" });
    expect(offers).toEqual(["event: e\ndata: a\n"]);
  });

  it.each([
    ["data: a\n", "data a\nb"],
    ["event: e\n", "data b"],
  ])("does not get the rest of an event whose beginning, %j, it left", (beginning, data) => {
    const { offers, decoder } = refused();
    decoder.feed(Buffer.from(`: x\n${beginning}`)); // whole lines, and no event to keep them for, since a comment comes first
    decoder.feed(Buffer.from("data: b\n\n"));
    expect(offers).toEqual([`: x\n${beginning}`, data]);
  });

  it("gets an event in one piece if it arrives in many pieces", () => {
    expect(offered([...EVENT.slice(0, -2), EVENT.slice(-2)])).toEqual([EVENT]);
  });

  it("gets an event in one piece if it has no name", () => {
    expect(offered(["data: a\n\ndata: b", "\n\n", "d", "ata: c\n\n"])).toEqual([
      "data: a\n\n",
      "data: b\n\n",
      "data: c\n\n",
    ]);
  });

  it("gets an event in one piece if it is cut after a short line", () => {
    expect(offered(["data: a\n\nevent: e\nx\n", "data: b\n\n"])).toEqual(["data: a\n\n", "event: e\nx\ndata: b\n\n"]);
  });

  it("gets an event with its blank line, even if an empty chunk came before that", () => {
    expect(offered([EVENT.slice(0, -1), "", EVENT.slice(-1)])).toEqual([EVENT]);
  });

  it("gets a comment inside an event, and the event, even with CR line ends", () => {
    const comments: string[] = [];
    const data: string[] = [];
    const decoder = new SseDecoder({
      onRawData: (each) => void data.push(String(each)),
      onLines: (_lines, start) => start,
      onComment: (text) => void comments.push(text),
    });
    decoder.feed(Buffer.from(": one\n: tw"));
    expect(comments).toEqual([" one"]);
    decoder.feed(Buffer.from("o\ndata: a"));
    expect(comments).toEqual([" one", " two"]);
    decoder.feed(Buffer.from("b\r\n\r\n"));
    expect(data).toEqual(["ab"]);
    decoder.feed(Buffer.from(": three\nevent: e\n"));
    decoder.feed(Buffer.from("data: c\n: fo"));
    decoder.feed(Buffer.from("ur\n"));
    expect(comments.slice(2)).toEqual([" three", " four"]);
  });
});
