import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scanDelta } from "../../src/api/responses/decoding/delta-scanner.ts";
import { decodeWireEvent } from "../../src/api/responses/decoding/event-decoder.ts";
import { scanEvent } from "../../src/api/responses/decoding/event-scanner.ts";
import { rawTextOf } from "../../src/client/raw-text.ts";

const text = fc.string({
  unit: fc.constantFrom("a", " ", '"', "\\", "\n", "é", "🙂", ",", ":", "}", "\ud800"),
  maxLength: 20,
});
const odd = fc.oneof(text, fc.integer(), fc.constantFrom(null, true, 1.5, [], {}, [1], { delta: "x" }));
const DELTAS = ["response.output_text.delta", "response.reasoning_summary_text.delta", "response.reasoning_text.delta"];
const OTHERS = [
  "response.function_call_arguments.delta",
  "response.output_text.done",
  "response.created",
  "response.output_item.done",
  "error",
];
const field = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constant("delta"), text) },
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom("summary_index", "content_index", "output_index"), fc.nat()) },
  { weight: 4, arbitrary: fc.constantFrom(["item_id", "msg_1"], ["logprobs", []], ["obfuscation", "x7{"]) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom("delta", "summary_index", "headers", "response", "error"), odd) },
);
/** Fields in any order, with the type among them. */
const eventOf = (types: readonly string[]) =>
  fc
    .tuple(fc.array(field, { maxLength: 8 }), fc.constantFrom(...types), fc.nat(8))
    .map(([fields, named, at]) => Object.fromEntries([...fields.slice(0, at), ["type", named], ...fields.slice(at)]));
const spaces = fc.constantFrom(0, 1);

function textOf(fields: object, gaps: number): string {
  // As Python's json.dumps writes it, in the one case, and JSON.stringify in the other.
  return gaps === 0
    ? JSON.stringify(fields)
    : `{${Object.entries(fields)
        .map(([name, each]) => `"${name}": ${JSON.stringify(each)}`)
        .join(", ")}}`;
}

describe("the event scanner", () => {
  it("says of any event what parsing it says, or nothing", () => {
    let scannedEvents = 0;
    fc.assert(
      fc.property(eventOf([...DELTAS, ...OTHERS]), spaces, (fields, gaps) => {
        const text = textOf(fields, gaps);
        const scanned = scanEvent(rawTextOf(Buffer.from(text)));
        if (!scanned) return;
        scannedEvents += 1;
        // What was sent as bytes: a lone surrogate has none.
        const sent = JSON.parse(Buffer.from(text).toString());
        expect(scanned).toEqual({ type: sent.type, decoded: decodeWireEvent(sent, text) });
      }),
      { numRuns: 5000 },
    );
    expect(scannedEvents).toBeGreaterThan(300);
  });

  it("takes no delta that JSON.parse refuses", () => {
    let taken = 0;
    const place = fc.nat(150);
    const sign = fc.constantFrom('"', "\\", ",", "}", "{", "0", "u", " ", "\t", "\x7f", "é");
    fc.assert(
      fc.property(eventOf(DELTAS), place, sign, fc.boolean(), (fields, at, inserted, replaces) => {
        const text = JSON.stringify(fields);
        const damaged = text.slice(0, at) + inserted + text.slice(at + (replaces ? 1 : 0));
        if (!scanDelta(rawTextOf(Buffer.from(damaged)))) return;
        taken += 1;
        expect(() => JSON.parse(damaged)).not.toThrow();
      }),
      { numRuns: 20_000 },
    );
    expect(taken).toBeGreaterThan(200);
  });
});
