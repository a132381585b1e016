import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { type DeltaRun, FastEvents } from "../../src/api/responses/events/fast/index.ts";
import { decodeWireEvent } from "../../src/api/responses/events/registry.ts";
import { ResponseReader } from "../../src/api/responses/reader.ts";
import { silentLogger } from "../../src/client/observe/log.ts";
import { type RawData, rawDataOf, rawTextOf } from "../../src/client/raw-text.ts";
import { SseDecoder } from "../../src/client/sse/index.ts";
import { recordedResponses } from "../support/recordings.ts";

/** A reader, and everything that it tells: to its caller, and to observers. */
function reading(fast: boolean) {
  const told: unknown[] = [];
  const observed: unknown[] = [];
  const note =
    (what: string) =>
    ({ durationMs: _, ...rest }: Readonly<Record<string, unknown>>) =>
      void observed.push([what, rest]);
  const sink = {
    event: (event: object) => void told.push(event),
    deltas({ events, type, outputIndex, text }: DeltaRun) {
      told.push(...events);
      for (const event of events)
        expect(event).toMatchObject({ type, ...(outputIndex === undefined ? {} : { outputIndex }) });
      expect(text).toBe(events.map(({ delta }) => delta).join(""));
    },
    whole: <Done>(done: Done) => done,
    completed: () => void told.push("completed"),
    failed: (error: { readonly message: string }, end: object) => void told.push(["failed", error.message, end]),
    broke: ({ message }: { readonly message: string }) => void told.push(["broke", message]),
  };
  const telemetry = {
    onStreamPoll: note("poll"),
    onSkippedEvent: note("skipped"),
    onStreamDeviation: note("deviates"),
  } as unknown as NonNullable<ConstructorParameters<typeof ResponseReader>[2]["telemetry"]>;
  const reader = new ResponseReader(sink, "http", { fast, telemetry, logger: silentLogger });
  return { reader, told, observed };
}

function read(lines: readonly RawData[], fast: boolean) {
  const { reader, told, observed } = reading(fast);
  const moved = lines.map((line) => reader.read(line));
  return { told, observed, moved };
}

/** The same as messages that came together. */
function readMessages(messages: readonly RawData[]) {
  const { reader, told, observed } = reading(true);
  let inRuns = 0;
  for (let at = 0; at < messages.length; ) {
    const next = reader.readMessages(messages, at);
    if (next === at) reader.read(messages[at] ?? "");
    inRuns += next - at;
    at = Math.max(next, at + 1);
  }
  return { told, observed, inRuns };
}

/** The same as the body of an event stream that comes in pieces; `runs`: how many events came in runs. */
function readBody(body: Buffer, ends: readonly number[]) {
  const { reader, told, observed } = reading(true);
  let runs = 0;
  const decoder = new SseDecoder({
    onRawData: (data) => void reader.read(data),
    onLines(lines, start) {
      for (let at = start; ; ) {
        const next = reader.readLines(lines, at);
        if (next === at) return at;
        runs += lines.slice(at, next).split("data:").length - 1;
        at = next;
      }
    },
  });
  let start = 0;
  for (const end of [...ends.map((each) => each % (body.length + 1)), body.length].sort((a, b) => a - b)) {
    decoder.feed(body.subarray(start, end));
    start = end;
  }
  return { told, observed, runs };
}

const bytesOf = (line: string): RawData => rawDataOf(Buffer.from(line));

const word = fc.string({
  unit: fc.constantFrom("a", " ", '"', "\\", "\n", "é", "🙂", ",", ":", "}", "\x7f", "\u2028"),
  maxLength: 20,
});
const padding = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("", "Qx7G", "padding{") },
  { weight: 1, arbitrary: word },
);
const odd = fc.oneof(word, fc.integer(), fc.constantFrom(null, true, 1.5, [], {}, [1], { delta: "x" }));
const DELTAS = [
  "response.output_text.delta",
  "response.reasoning_summary_text.delta",
  "response.reasoning_text.delta",
  "response.function_call_arguments.delta",
  "response.custom_tool_call_input.delta",
  "response.refusal.delta",
];
const OTHERS = [
  "response.output_text.done",
  "response.refusal.done",
  "response.content_part.done",
  "response.reasoning_text.done",
  "response.reasoning_summary_part.done",
  "response.function_call_arguments.done",
  "response.in_progress",
  "response.created",
  "response.output_item.done",
  "response.something_new",
  "ping",
];
const field = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(["item_id", "msg_1"], ["logprobs", []], ["call_id", "c"]) },
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom("summary_index", "content_index", "output_index"), fc.nat(2)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(["part", { type: "output_text", text: "ab" }], ["arguments", "{}"], ["text", "ab"]),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constantFrom("delta", "sequence_number", "item_id", "headers", "response", "text", "safety_buffering"),
      odd,
    ),
  },
);

/** Some events of one item, and the bytes between them. Each delta has its own text, number and padding, with its fields in any order. */
const stream = fc
  .array(
    fc.record({
      type: fc.constantFrom(...DELTAS, ...OTHERS),
      fields: fc.array(field, { maxLength: 5 }),
      at: fc.nat(6),
      pieces: fc.array(fc.tuple(word, padding, fc.constantFrom(1, 1, 1, 1, 2)), { minLength: 1, maxLength: 5 }),
      gaps: fc.boolean(),
    }),
    { maxLength: 5 },
  )
  .map((runs) => {
    let sequenceNumber = 0;
    return runs.flatMap(({ type, fields, at, pieces, gaps }) =>
      pieces.map(([delta, obfuscation, step], nth) => {
        // Only the plain decoder notices a gap after an event that may stay unread.
        sequenceNumber += nth > 0 && DELTAS.includes(type) ? step : 1;
        const own = [
          ["sequence_number", sequenceNumber],
          ["delta", delta],
          ["obfuscation", obfuscation],
        ];
        const named = [...fields.slice(0, at), ["type", type], ...own, ...fields.slice(at)];
        return textOf(Object.fromEntries(named), gaps);
      }),
    );
  });

/** As Python's json.dumps writes it, in the one case, and JSON.stringify in the other. */
function textOf(fields: object, gaps: boolean): string {
  return gaps
    ? `{${Object.entries(fields)
        .map(([name, each]) => `"${name}": ${JSON.stringify(each)}`)
        .join(", ")}}`
    : JSON.stringify(fields);
}

/** How many of some events were not parsed. */
function unparsedOf(lines: readonly string[]): number {
  const parse = vi.spyOn(JSON, "parse");
  try {
    read(
      lines.map((line) => bytesOf(line)),
      true,
    );
    const parsed = parse.mock.calls.filter(([text]) => text.startsWith("{")).length;
    return lines.length - parsed;
  } finally {
    parse.mockRestore();
  }
}

describe("the fast path", () => {
  it("tells of any stream what the plain decoder tells", () => {
    let unparsed = 0;
    fc.assert(
      fc.property(stream, (lines) => {
        const raw = lines.map((line) => bytesOf(line));
        expect(read(raw, true)).toEqual(read(raw, false));
        unparsed += unparsedOf(lines);
      }),
      { numRuns: 1500 },
    );
    expect(unparsed).toBeGreaterThan(500);
  });

  it("tells of any event stream, however it is framed and comes in pieces, what the plain decoder tells of its events", () => {
    let inRuns = 0;
    const frame = fc.constantFrom("event: TYPE\ndata: ", "event:TYPE\ndata:", "data: ", "id: 1\nevent: TYPE\ndata: ");
    const framed = fc.record({ frame, named: fc.boolean(), broken: fc.nat(20) });
    fc.assert(
      fc.property(stream, framed, fc.array(fc.nat(5000), { maxLength: 4 }), (lines, { frame, named, broken }, ends) => {
        const body = lines.map((line, nth) => {
          const name = named ? String(JSON.parse(line).type) : "message";
          const odd = nth === broken ? `${line}\ndata: ,` : line;
          return `${frame.replace("TYPE", name)}${odd}\n\n`;
        });
        const { told, observed, runs } = readBody(Buffer.from(body.join("")), ends);
        const plain = read(
          lines.map((line, nth) => bytesOf(nth === broken ? `${line}\n,` : line)),
          false,
        );
        expect(told).toEqual(plain.told);
        expect(observed).toEqual(plain.observed);
        inRuns += runs;
      }),
      { numRuns: 1500 },
    );
    expect(inRuns).toBeGreaterThan(150);
  });

  it("tells of messages that came together what the plain decoder tells of each", () => {
    let taken = 0;
    fc.assert(
      fc.property(stream, (lines) => {
        const messages = lines.map((line) => bytesOf(line));
        const { moved: _, ...plain } = read(messages, false);
        const { inRuns, ...told } = readMessages(messages);
        expect(told).toEqual(plain);
        taken += inRuns;
      }),
      { numRuns: 1500 },
    );
    expect(taken).toBeGreaterThan(500);
  });

  it("takes no delta that JSON.parse refuses, and reads none differently", () => {
    let taken = 0;
    const sign = fc.constantFrom('"', "\\", ",", "}", "{", "0", "u", " ", "\t", "\x7f", "é");
    fc.assert(
      fc.property(stream, fc.nat(23), sign, fc.boolean(), (lines, place, inserted, replaces) => {
        const fast = new FastEvents();
        for (const line of lines) {
          const event = JSON.parse(line);
          fast.learn(rawTextOf(Buffer.from(line)), event, decodeWireEvent(event, line));
          // In its text or just after it; elsewhere it would be another event, or none.
          const at = line.indexOf('"delta"') + 8 + (place % 24);
          const damaged = line.slice(0, at) + inserted + line.slice(at + (replaces ? 1 : 0));
          const found = fast.read(rawTextOf(Buffer.from(damaged))) ? fast.events[0] : undefined;
          if (!found) continue;
          taken += 1;
          // As it is sent: bytes cannot express half a character.
          expect(found).toEqual(decodeWireEvent(JSON.parse(Buffer.from(damaged).toString()), damaged));
        }
      }),
      { numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(50);
  });
});

const recordings = recordedResponses();

describe.skipIf(recordings.length === 0)("of a recorded stream", () => {
  it.each(recordings)("$name the fast path tells what the plain decoder tells", ({ lines }) => {
    const raw = lines.map((line) => bytesOf(line));
    expect(read(raw, true)).toEqual(read(raw, false));
  });

  it.each(recordings)("$name the fast path tells the same of the whole body", ({ lines }) => {
    const body = Buffer.from(lines.map((line) => `data: ${line}\n\n`).join(""));
    const plain = read(
      lines.map((line) => bytesOf(line)),
      false,
    );
    expect(readBody(body, [1000, 20_000, 20_001, 50_000])).toMatchObject({
      told: plain.told,
      observed: plain.observed,
    });
  });

  // Those of Copilot change their ids with every event.
  const long = recordings.filter(({ name, lines }) => lines.length > 50 && !name.startsWith("github-copilot"));
  it.each(long)("$name the fast path takes most events", ({ lines }) => {
    expect(unparsedOf(lines) / lines.length).toBeGreaterThan(0.7);
    const body = Buffer.from(lines.map((line) => `data: ${line}\n\n`).join(""));
    expect(readBody(body, []).runs / lines.length).toBeGreaterThan(0.5);
  });
});
