import { createParser, type EventSourceMessage } from "eventsource-parser";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeRawData, type RawData } from "../../src/client/raw-text.ts";
import { SseDecoder, type SseEvent } from "../../src/client/sse/index.ts";

function ours(chunks: readonly Uint8Array[]): SseEvent[] {
  const events: SseEvent[] = [];
  const decoder = new SseDecoder({ onEvent: (event) => events.push(event) });
  for (const chunk of chunks) decoder.feed(chunk);
  return events;
}

/**
 * eventsource-parser as the oracle, decoding the bytes as the platform does. It holds a CR at the end of its input back, in case an LF
 * follows; the standard ends the line there. A comment line after the stream makes it let go.
 */
function theirs(bytes: Uint8Array): EventSourceMessage[] {
  const events: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => events.push(event) });
  parser.feed(`${new TextDecoder().decode(bytes)}:\n`);
  return events;
}

/** Cuts at the given places, in any order and number. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  const pieces: Uint8Array[] = [];
  let from = 0;
  for (const place of [...sorted, bytes.length]) {
    pieces.push(bytes.subarray(from, place));
    from = place;
  }
  return pieces;
}

const value = fc.string({ unit: fc.constantFrom("a", " ", ":", "é", "🙂", "\0", "\uFEFF", "1"), maxLength: 6 });
const name = fc.constantFrom("data", "event", "id", "retry", "", "foo", "dat", "data ");
const line = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(name, fc.constantFrom(":", ": ", ""), value).map((parts) => parts.join("")) },
  { weight: 2, arbitrary: fc.constant("") },
  { weight: 1, arbitrary: value },
);
const stream = fc
  .array(fc.tuple(line, fc.constantFrom("\n", "\r", "\r\n")), { maxLength: 30 })
  .map((lines) => Buffer.from(lines.map(([text, eol]) => text + eol).join("")));
const places = fc.array(fc.nat(2000), { maxLength: 40 });

const longLine = fc
  .tuple(
    fc.constantFrom("data:", "data: ", "event: ", ": "),
    fc.constantFrom("x", "é", "\r"),
    fc.constantFrom(4090, 4097, 9000),
  )
  .map(([field, unit, length]) => field + unit.repeat(length));
const longStream = fc
  .array(
    fc.tuple(
      fc.oneof({ weight: 2, arbitrary: longLine }, { weight: 3, arbitrary: line }),
      fc.constantFrom("\n", "\n", "\n\n", "\r\n\r\n", "\r"),
    ),
    {
      maxLength: 12,
    },
  )
  .map((lines) => Buffer.from(lines.map(([text, eol]) => text + eol).join("")));

function rawData(chunks: readonly Uint8Array[]): RawData[] {
  const data: RawData[] = [];
  const decoder = new SseDecoder({ onRawData: (each) => data.push(each) });
  for (const chunk of chunks) decoder.feed(chunk);
  return data;
}

/** For a sink that is offered lines: it takes every third event that is whole, and otherwise nothing. */
function withLines(chunks: readonly Uint8Array[]): string[] {
  const seen: string[] = [];
  let offers = 0;
  const decoder = new SseDecoder({
    onRawData: (each) => void seen.push(decodeRawData(each)),
    onLines(lines, start) {
      const event = /data: ?([^\n]*)\n\n/y;
      event.lastIndex = start;
      const found = event.exec(lines);
      offers += 1;
      if (!found || offers % 3 !== 0) return start;
      seen.push(decodeRawData(found[1] ?? ""));
      return event.lastIndex;
    },
  });
  for (const chunk of chunks) decoder.feed(chunk);
  return seen;
}

describe("the event stream decoder", () => {
  it("gives the same data where whole events are taken from the lines, however they are cut", () => {
    const short = fc
      .array(
        fc.tuple(fc.oneof({ weight: 3, arbitrary: fc.constantFrom("data: a", "event: e\ndata: b", "data:é") }, line)),
        {
          maxLength: 12,
        },
      )
      .chain((lines) =>
        fc
          .array(fc.constantFrom("\n\n", "\n\n", "\n\n", "\n", "\r\n", "\r\r", "\r\n\r\n"), {
            minLength: lines.length,
            maxLength: lines.length,
          })
          .map((ends) => Buffer.from(lines.map(([text], index) => text + ends[index]).join(""))),
      );
    fc.assert(
      fc.property(fc.oneof(short, longStream), places, (bytes, where) => {
        expect(withLines(cut(bytes, where))).toEqual(rawData([bytes]).map(decodeRawData));
      }),
      { numRuns: 1000 },
    );
  });

  it("gives the same data raw, long ones as bytes", () => {
    let long = 0;
    fc.assert(
      fc.property(longStream, places, (bytes, where) => {
        const raw = rawData(cut(bytes, where));
        long += raw.filter((each) => typeof each === "object").length;
        expect(raw.map(decodeRawData)).toEqual(ours([bytes]).map(({ data }) => data));
      }),
      { numRuns: 1000 },
    );
    expect(long).toBeGreaterThan(30);
  });

  it("gives the same events however the bytes are cut", () => {
    fc.assert(
      fc.property(stream, places, (bytes, where) => {
        expect(ours(cut(bytes, where))).toEqual(ours([bytes]));
      }),
      { numRuns: 1000 },
    );
  });

  it("agrees with eventsource-parser", () => {
    fc.assert(
      fc.property(stream, places, (bytes, where) => {
        // Event ids: ours stay valid for later events, as the standard says; theirs do not, so only events with an id are compared.
        const events = ours(cut(bytes, where));
        const expected = theirs(bytes);
        expect(events.map(({ event, data }) => ({ event, data }))).toEqual(
          expected.map(({ event, data }) => ({ event, data })),
        );
        expected.forEach((message, index) => {
          if (message.id !== undefined) expect(events[index]?.id).toBe(message.id);
        });
      }),
      { numRuns: 1000 },
    );
  });

  it("never throws on arbitrary bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), places, (bytes, where) => {
        expect(ours(cut(bytes, where))).toEqual(ours([bytes]));
      }),
      { numRuns: 500 },
    );
  });
});
