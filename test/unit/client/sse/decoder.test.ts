import { describe, expect, it } from "vitest";
import type { RawData } from "../../../../src/client/raw-text.ts";
import { SseDecoder, type SseEvent } from "../../../../src/client/sse/index.ts";

interface Heard {
  readonly events: SseEvent[];
  readonly comments: string[];
  readonly retries: number[];
  unfinished: SseEvent | undefined;
}

function decode(chunks: readonly (string | Uint8Array)[], maxEventBytes?: number): Heard {
  const heard: Heard = { events: [], comments: [], retries: [], unfinished: undefined };
  const decoder = new SseDecoder(
    {
      onEvent: (event) => heard.events.push(event),
      onComment: (text) => heard.comments.push(text),
      onRetry: (delayMs) => heard.retries.push(delayMs),
    },
    { maxEventBytes },
  );
  for (const chunk of chunks) decoder.feed(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
  heard.unfinished = decoder.end();
  return heard;
}

const plain = (data: string): SseEvent => ({ event: undefined, data, id: undefined });

describe("a field line", () => {
  it.each<[string, string, SseEvent[]]>([
    ["loses one space after the colon", "data: a\n\n", [plain("a")]],
    ["keeps a second space", "data:  a\n\n", [plain(" a")]],
    ["needs no space", "data:a\n\n", [plain("a")]],
    ["without a colon has an empty value", "data\n\n", [plain("")]],
    ["of another name is ignored", "foo: b\ndata: a\n\n", [plain("a")]],
    ["that only begins like a known one is ignored", "database: x\ndata: a\n\n", [plain("a")]],
    ["may hold colons", "data: a: b\n\n", [plain("a: b")]],
    ["names the event", "event: ping\ndata: a\n\n", [{ event: "ping", data: "a", id: undefined }]],
    ["with an empty event name leaves the default", "event:\ndata: a\n\n", [plain("a")]],
    [
      "with an id marks this event and those after it",
      "id: 7\ndata: a\n\ndata: b\n\n",
      [
        { event: undefined, data: "a", id: "7" },
        { event: undefined, data: "b", id: "7" },
      ],
    ],
    ["with NUL in its id is ignored", "id: a\0b\ndata: x\n\n", [plain("x")]],
  ])("%s", (_title, text, expected) => {
    expect(decode([text]).events).toEqual(expected);
  });

  it("joins several data lines with line feeds", () => {
    expect(decode(["data: a\ndata:\ndata: b\n\n"]).events).toEqual([plain("a\n\nb")]);
  });

  it("dispatches nothing for a blank line without data, and forgets the event's name", () => {
    expect(decode(["event: lost\n\ndata: a\n\n\n\n"]).events).toEqual([plain("a")]);
  });

  it("reports comments and retry delays, but no retry that is not all digits", () => {
    const heard = decode([": ping\n:\nretry: 250\nretry: 1s\nretry:\n\n"]);
    expect(heard.comments).toEqual([" ping", ""]);
    expect(heard.retries).toEqual([250]);
    expect(heard.events).toEqual([]);
  });
});

describe("line ends", () => {
  it.each([
    ["LF", "\n"],
    ["CR", "\r"],
    ["CRLF", "\r\n"],
  ])("%s ends lines and events, however the bytes are cut", (_name, eol) => {
    const bytes = Buffer.from(["event: x", "data: ä", "data: b", "", "data: c", "", ""].join(eol));
    const expected = [
      { event: "x", data: "ä\nb", id: undefined },
      { event: undefined, data: "c", id: undefined },
    ];
    expect(decode([bytes]).events).toEqual(expected);
    expect(decode([...bytes].map((byte) => Uint8Array.of(byte))).events).toEqual(expected);
  });

  it("counts a CRLF once when it is cut between its bytes", () => {
    expect(decode(["data: a\r", "\ndata: b\r", "\n\r", "\n"]).events).toEqual([plain("a\nb")]);
  });

  it("mixed in one event are all understood", () => {
    expect(decode(["data: a\rdata: b\r\ndata: c\n\r\n"]).events).toEqual([plain("a\nb\nc")]);
  });
});

describe("text", () => {
  it("loses a byte order mark at the start, even in pieces, and keeps one elsewhere", () => {
    const bytes = Buffer.from("\uFEFFdata: a\uFEFF\n\n\uFEFFdata: b\n\n");
    expect(decode([bytes.subarray(0, 1), bytes.subarray(1, 2), bytes.subarray(2)]).events).toEqual([plain("a\uFEFF")]);
    const second = bytes.lastIndexOf("\uFEFF");
    expect(decode([bytes.subarray(0, second), bytes.subarray(second)]).events).toEqual([plain("a\uFEFF")]);
  });

  it("survives a cut inside a character", () => {
    const bytes = Buffer.from("data: 🙂é\n\n");
    for (let at = 1; at < bytes.length; at += 1) {
      expect(decode([bytes.subarray(0, at), bytes.subarray(at)]).events).toEqual([plain("🙂é")]);
    }
  });

  // parity: sse/invalid-utf-8
  it("shows invalid UTF-8 as U+FFFD instead of failing", () => {
    expect(decode([Uint8Array.of(...Buffer.from("data: a"), 0xff, 0x0a, 0x0a)]).events).toEqual([plain("a\uFFFD")]);
  });
});

describe("a sink for raw data", () => {
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
    ["a line behind it", `data: ${"x".repeat(5000)}\ndata: y\n\n`, `${"x".repeat(5000)}\ny`],
    ["a line before it", `data: y\ndata: ${"x".repeat(5000)}\n\n`, `y\n${"x".repeat(5000)}`],
  ])("gets long data with %s as characters", (_title, chunk, expected) => {
    const { data, feed } = heard([chunk]);
    feed();
    expect(data).toEqual([expected]);
  });

  it("gets what stands before long data in lines that end in CR", () => {
    const { data, feed } = heard([`event: x\rdata: y\ndata: ${"x".repeat(5000)}\n\n`]);
    feed();
    expect(data).toEqual([`y\n${"x".repeat(5000)}`]);
  });

  it("gets long data once where the name of the next event ends in CR", () => {
    const long = "x".repeat(5_000);
    const { data, feed } = heard([`data:${long}\n\nevent: x\r`, "data: z\r\r"]);
    feed();
    expect(data).toEqual([Buffer.from(long), "z"]);
  });

  it("bounds long data too", () => {
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

  it("gets nothing twice where it feeds the decoder itself", () => {
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

  it("gets no event without its blank line: the caller does, at the end", () => {
    const { data, decoder, feed } = heard(["data: a\n\ndata: b"]);
    feed();
    expect(decoder.end()).toEqual(plain("b"));
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

  it.each([4, 9, 15, EVENT.length - 1])("gets an event as a whole that the network cuts at byte %d", (at) => {
    expect(offered([EVENT + EVENT.slice(0, at), EVENT.slice(at) + EVENT])).toEqual([EVENT, EVENT, EVENT]);
  });

  it("does not get an event as a whole that has no blank line when the stream ends", () => {
    const offers: string[] = [];
    const decoder = new SseDecoder({
      onRawData: (each) => void offers.push(`data ${each}`),
      onLines(lines, start) {
        offers.push(lines.slice(start));
        return start;
      },
    });
    decoder.feed(Buffer.from("event: e\ndata: a\n"));
    expect(decoder.end()).toMatchObject({ event: "e", data: "a" });
    expect(offers).toEqual(["event: e\ndata: a\n"]);
  });

  it("gets an event as a whole that comes in many pieces", () => {
    expect(offered([...EVENT.slice(0, -2), EVENT.slice(-2)])).toEqual([EVENT]);
  });

  it("gets an event with its blank line, although an empty chunk came before that", () => {
    expect(offered([EVENT.slice(0, -1), "", EVENT.slice(-1)])).toEqual([EVENT]);
  });

  it("is not kept from a comment by the event that it is in, and from that not by CR line ends", () => {
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
  });
});

describe("the end of the stream", () => {
  it("gives back the event whose blank line never came", () => {
    expect(decode(["data: a\n\nevent: last\ndata: b"]).unfinished).toEqual({ event: "last", data: "b", id: undefined });
    expect(decode(["data: b\n"]).unfinished).toEqual(plain("b"));
  });

  it("gives back nothing after a finished event or without data", () => {
    expect(decode(["data: a\n\n"]).unfinished).toBeUndefined();
    expect(decode(["data: a\n\nevent: x"]).unfinished).toBeUndefined();
    expect(decode([]).unfinished).toBeUndefined();
  });
});

describe("the size of an event", () => {
  it("is bounded before it ends: finished lines and the one under way together", () => {
    const decoder = new SseDecoder({}, { maxEventBytes: 100 });
    decoder.feed(Buffer.from(`data: ${"x".repeat(60)}\n`));
    expect(() => decoder.feed(Buffer.from(`data: ${"x".repeat(60)}`))).toThrow(/larger than 100 bytes/);
  });

  it("may be ten megabytes, in many pieces", () => {
    const data = "x".repeat(10 * 1024 * 1024);
    const bytes = Buffer.from(`data: ${data}\n\n`);
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += 16_384) pieces.push(bytes.subarray(at, at + 16_384));
    expect(decode(pieces).events[0]?.data.length).toBe(data.length);
  });

  it.each([
    ["one long line", ["data: ", "x".repeat(60), "x".repeat(60)]],
    ["many short lines", Array.from({ length: 40 }, () => "data: xxxx\n")],
    ["lines of nothing, which are something to hold", Array.from({ length: 40 }, () => "data:\n")],
    ["one long line in single bytes", Array.from("data: ".padEnd(200, "x"))],
    ["its name and its data", [`event: ${"x".repeat(60)}\n`, `data: ${"x".repeat(60)}\n`]],
    ["an id that is kept and its data", [`id: ${"x".repeat(60)}\n`, "\n", `data: ${"x".repeat(60)}`]],
  ])("is bounded: %s", (_name, pieces) => {
    expect(() => decode(pieces, 100)).toThrow(/larger than 100 bytes/);
  });
});
