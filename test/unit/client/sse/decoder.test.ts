import { describe, expect, it } from "vitest";
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
    ["needs no space", "event:ping\nid:7\ndata:a\n\n", [{ event: "ping", data: "a", id: "7" }]],
    ["without a colon has an empty value", "event: ping\nevent\ndata\n\n", [plain("")]],
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

  it("names an event with long data too", () => {
    const data = "x".repeat(5_000);
    expect(decode([`event: ping\ndata: ${data}\n\n`]).events).toEqual([{ event: "ping", data, id: undefined }]);
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

  it("counts a CRLF once if it is cut between its bytes", () => {
    expect(decode(["data: a\r", "\ndata: b\r", "\n\r", "\n"]).events).toEqual([plain("a\nb")]);
  });

  it("counts a CRLF once if an empty chunk comes between its bytes", () => {
    expect(decode(["data: a\r", "", "\ndata: b\n\n"]).events).toEqual([plain("a\nb")]);
  });

  it("mixed in one event are all understood", () => {
    expect(decode(["data: a\rdata: b\r\ndata: c\n\r\n"]).events).toEqual([plain("a\nb\nc")]);
  });
});

describe("a comment", () => {
  it("is reported with the chunk that ends it, also inside an event", () => {
    const comments: string[] = [];
    const decoder = new SseDecoder({ onRawData() {}, onComment: (text) => void comments.push(text) });
    decoder.feed(Buffer.from("data: a\n: on"));
    decoder.feed(Buffer.from("e\n: tw"));
    expect(comments).toEqual([" one"]);
    decoder.feed(Buffer.from("o\n"));
    expect(comments).toEqual([" one", " two"]);
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

describe("the end of the stream", () => {
  it("returns the event without its blank line", () => {
    expect(decode(["data: a\n\nevent: last\ndata: b"]).unfinished).toEqual({ event: "last", data: "b", id: undefined });
    expect(decode(["data: b\n"]).unfinished).toEqual(plain("b"));
  });

  it("ends an unfinished line, even of a single byte", () => {
    expect(decode([": ping\n:"]).comments).toEqual([" ping", ""]);
  });

  it("returns nothing after a finished event or without data", () => {
    expect(decode(["data: a\n\n"]).unfinished).toBeUndefined();
    expect(decode(["data: a\n\nevent: x"]).unfinished).toBeUndefined();
    expect(decode([]).unfinished).toBeUndefined();
  });
});

describe("the size of an event", () => {
  it.each([
    ["one line of data", "data:abc\n\n", 3],
    ["further lines, with their field names and line ends", "data:a\ndata:b\ndata:\n\n", 1 + 7 + 6],
    ["its name and the id", "id:77\nevent:abc\ndata:x\n\n", 2 + 3 + 1],
    ["an unfinished line, with its field name", "data:abc", 8],
  ])("is that of %s", (_name, text, bytes) => {
    expect(() => decode([text, text], text.endsWith("\n") ? bytes : 2 * bytes)).not.toThrow();
    expect(() => decode([text, text], bytes - 1)).toThrow(`larger than ${bytes - 1} bytes`);
  });

  it("is limited to 64 MiB by default", () => {
    const decoder = new SseDecoder({});
    decoder.feed(Buffer.alloc(64 * 1024 * 1024, "x"));
    const error = expect.objectContaining({ kind: "limit", what: "event", limit: 67_108_864, unit: "bytes" });
    expect(() => decoder.feed(Buffer.from("x"))).toThrow(error);
    expect(() => new SseDecoder({}, { maxEventBytes: 0 })).toThrow(/^maxEventBytes must be/);
  });

  it("is limited before it ends: finished lines and the unfinished one together", () => {
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
    ["empty lines, which take memory too", Array.from({ length: 40 }, () => "data:\n")],
    ["one long line in single bytes", Array.from("data: ".padEnd(200, "x"))],
    ["its name and its data", [`event: ${"x".repeat(60)}\n`, `data: ${"x".repeat(60)}\n`]],
    ["an id that is still valid and its data", [`id: ${"x".repeat(60)}\n`, "\n", `data: ${"x".repeat(60)}`]],
  ])("is limited: %s", (_name, pieces) => {
    expect(() => decode(pieces, 100)).toThrow(/larger than 100 bytes/);
  });
});
