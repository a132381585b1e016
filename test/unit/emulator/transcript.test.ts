import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CredentialFilter } from "../../../src/emulator/workbench/credentials.ts";
import { FrameCutter } from "../../../src/emulator/workbench/exchanges/body.ts";
import type { Entry, ExchangeHead, Passed } from "../../../src/emulator/workbench/exchanges/passed.ts";
import { decodeTranscript, encodeEntry, encodeHead } from "../../../src/emulator/workbench/transcripts/transcript.ts";

const head: ExchangeHead = {
  carrier: "http",
  method: "POST",
  path: "/v1/responses?a=b",
  headers: [["x-name", "value: with a colon"]],
  body: Buffer.from('{"input":"two\\nlines"}'),
  connection: 0,
};

describe("a transcript", () => {
  it("returns what was written, whatever text or bytes it was", () => {
    const data = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("a\nb", "a\rb", "\u2028", "# no comment", " spaces ", "\ufeffx", "12.000 end finished"),
    );
    fc.assert(
      fc.property(fc.array(data), fc.uint8Array(), (texts, bytes) => {
        const entries: Entry[] = [
          { atMs: 1, kind: "answer", status: 200, headers: [["content-type", "text/plain"]] },
          ...texts.map((text): Entry => ({ atMs: 2.5, kind: "body", data: text })),
          ...texts.map((text): Entry => ({ atMs: 3, kind: "sent", data: text })),
          { atMs: 4, kind: "received", data: bytes },
          { atMs: 5, kind: "event", type: "response.completed", data: '{"type":"response.completed"}' },
          { atMs: 6, kind: "end", how: "finished", code: 1000, reason: "done with it" },
        ];
        const written = encodeHead({ ...head, body: bytes }) + entries.map(encodeEntry).join("");
        const read = decodeTranscript(written, "a file");
        expect(Buffer.from(read.head.body)).toEqual(Buffer.from(bytes));
        expect(read.head).toMatchObject({ ...head, body: expect.anything() });
        expect(read.entries.map(plain)).toEqual(entries.map(plain));
      }),
      { numRuns: 200 },
    );
  });

  it("that was cut off ends there, skips comments, and names an invalid line", () => {
    const written = `${encodeHead(head)}# a comment\n\n3.000 answer 200\n`;
    expect(decodeTranscript(written, "f").entries.at(-1)).toEqual({ atMs: 3, kind: "end", how: "cut" });
    expect(() => decodeTranscript(`${written}4.000 answer 999\n`, "f")).toThrow(/^f:8: "999" is not a status/);
    expect(() => decodeTranscript(`${written}nonsense\n`, "f")).toThrow(/^f:8: it is not a line of a transcript/);
    expect(() => decodeTranscript("something else", "f")).toThrow(/^f:1: a transcript begins with/);
  });
});

/** Bytes that are text are compared as text. */
function plain(entry: Entry): unknown {
  return "data" in entry ? { ...entry, data: Buffer.from(entry.data).toString("latin1") } : entry;
}

describe("the cutter of event streams", () => {
  const EVENTS = 'event: a\ndata: {"text":"ü"}\n\n: keep-alive\n\ndata: unnamed\n\nevent: b\ndata: 2\n\nevent: c\nda';

  it("finds the same events however the bytes are split", () => {
    const bytes = Buffer.from(EVENTS);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (sizes) => {
        const cutter = new FrameCutter();
        const pieces: Passed[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          pieces.push(...cutter.push(bytes.subarray(at, at + size)));
          at += size;
        }
        pieces.push(...cutter.end());
        expect(pieces.flatMap((piece) => (piece.kind === "event" ? [piece.type] : []))).toEqual(["a", "b"]);
        expect(pieces.map(framed).join("")).toBe(EVENTS);
      }),
    );
  });
});

function framed(piece: Passed): string {
  if (piece.kind === "event") return `event: ${piece.type}\ndata: ${piece.data}\n\n`;
  return "data" in piece ? Buffer.from(piece.data).toString("utf8") : "";
}

describe("the filter of credentials", () => {
  const secret = "aGVsbG8gd29ybGQ-0123456789";
  const filter = new CredentialFilter({
    ...head,
    headers: [
      ["Authorization", `Bearer ${secret}`],
      ["cookie", "a=crumbs-1"],
    ],
  });

  it.each([
    ["a header", JSON.stringify(filter.headers([["authorization", `Bearer ${secret}`]]))],
    ["a path", filter.head({ ...head, path: `/v1?api_key=${secret}&client_secret=x12345` }).path],
    ["text", filter.text(`your key is ${secret}, and your cookie crumbs-1`)],
    ["bytes", Buffer.from(filter.bytes(Buffer.from([0xff, ...Buffer.from(secret), 0xfe]))).toString("latin1")],
    ["an event", JSON.stringify(filter.entry({ atMs: 0, kind: "event", type: "x", data: `{"t":"${secret}"}` }))],
    ["a field", filter.text('{"refresh_token":"whatever \\" it is","x":1}')],
    ["a shape", filter.text("sk-proj-abcdefghijklmnop and eyJhbGciOiJub25l.eyJhIjoxfQ.x")],
  ])("finds a credential in %s", (_, clean) => {
    expect(clean).toContain("[removed]");
    for (const leaked of [secret, "crumbs-1", "x12345", "whatever", "abcdefghijklmnop", "eyJhIjoxfQ"])
      expect(clean).not.toContain(leaked);
  });

  it("leaves everything else", () => {
    const text = '{"max_tokens":5,"text":"sk-y and eyJ","x-ratelimit-remaining-tokens":"9"}';
    expect(filter.text(text)).toBe(text);
    expect(filter.headers([["x-ratelimit-remaining-tokens", "9"]])).toEqual([["x-ratelimit-remaining-tokens", "9"]]);
  });
});
