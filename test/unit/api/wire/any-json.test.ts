import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeCompactionOutput } from "../../../../src/api/endpoints/compact/shape.ts";
import { decodeMemorySummaries } from "../../../../src/api/endpoints/memories/shape.ts";
import { decodeModels } from "../../../../src/api/endpoints/models/decoder.ts";
import { decodeRateLimitsEvent, rateLimitSnapshots } from "../../../../src/api/rate-limits.ts";
import { parseFrame } from "../../../../src/api/realtime/protocol/decoders.ts";
import { protocols } from "../../../../src/api/realtime/protocol/protocols.ts";
import { mapHttpError } from "../../../../src/api/refusal/answer.ts";
import { mapErrorEvent, mapFailedResponse } from "../../../../src/api/refusal/event.ts";
import { CodexApiError } from "../../../../src/api/refusal/kinds.ts";
import { serverModelOf } from "../../../../src/api/responses/events/notices.ts";
import { decodeWireEvent, knownTypes } from "../../../../src/api/responses/events/registry.ts";
import { ResponseReader } from "../../../../src/api/responses/reader.ts";
import { AnswerReader } from "../../../../src/api/wire/answer-reader.ts";
import { decodeItem } from "../../../../src/api/wire/item-decoder.ts";
import { encodeItem } from "../../../../src/api/wire/item-encoder.ts";
import { HttpError, ProtocolError } from "../../../../src/client/failure/kinds.ts";
import { silentLogger } from "../../../../src/client/observe/log.ts";

const EVENT_TYPES = knownTypes();
const ITEM_TYPES = [
  "message",
  "reasoning",
  "local_shell_call",
  "function_call",
  "tool_search_call",
  "function_call_output",
  "custom_tool_call",
  "custom_tool_call_output",
  "tool_search_output",
  "web_search_call",
  "image_generation_call",
  "compaction",
  "compaction_summary",
  "other",
  "brand_new",
];
const PART_TYPES = [
  "input_text",
  "input_image",
  "output_text",
  "summary_text",
  "reasoning_text",
  "text",
  "exec",
  "search",
  "x",
];

// Deeper ones have a suite of their own: fast-check cannot print what JSON.stringify cannot.
const json = fc.jsonValue({ maxDepth: 3 });
/** Objects that are nearly right: known names, each there or not, with a fitting value or with any. */
const nearly = (fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, fc.oneof({ weight: 4, arbitrary: value }, json)]),
    ),
    { requiredKeys: [] },
  );

const word = fc.string();
const part = nearly({
  type: fc.constantFrom(...PART_TYPES),
  text: word,
  image_url: word,
  detail: word,
  query: word,
  command: fc.array(word),
});
const parts = fc.array(part, { maxLength: 3 });
const item = fc
  .tuple(
    fc.constantFrom(...ITEM_TYPES),
    nearly({
      id: word,
      role: word,
      content: parts,
      phase: word,
      end_turn: fc.boolean(),
      summary: parts,
      encrypted_content: word,
      call_id: word,
      status: word,
      action: part,
      name: word,
      namespace: word,
      arguments: word,
      input: word,
      output: fc.oneof(word, parts),
      execution: word,
      tools: fc.array(json, { maxLength: 2 }),
      result: word,
      revised_prompt: word,
    }),
  )
  .map(([type, fields]): { type: string; [field: string]: unknown } => ({ ...fields, type }));
const error = nearly({
  type: word,
  code: fc.constantFrom("usage_limit_reached", "rate_limit_exceeded", "x"),
  message: word,
  plan_type: word,
  resets_at: fc.integer(),
});
const event = nearly({
  type: fc.constantFrom(...EVENT_TYPES),
  response: nearly({ id: word, usage: json, error, incomplete_details: json, headers: fc.dictionary(word, json) }),
  item,
  delta: word,
  summary_index: fc.integer(),
  content_index: fc.integer(),
  error,
  status: fc.integer({ min: 0, max: 1000 }),
  headers: fc.dictionary(word, json),
  rate_limits: nearly({ primary: nearly({ used_percent: fc.double() }) }),
});

const isPlainText = (entry: unknown): boolean => (entry as { type?: unknown } | null)?.type === "text";

describe("whatever JSON arrives", () => {
  test("an event is decoded, skipped or a typed error, and nothing else is thrown", () => {
    fc.assert(
      fc.property(event, (received) => {
        const decoded = decodeWireEvent(received, JSON.stringify(received));
        expect(typeof decoded.type).toBe("string");
        if (decoded.type === "end" && decoded.outcome.type === "failed")
          expect(CodexApiError.is(decoded.outcome.error)).toBe(true);
        serverModelOf(received);
      }),
      { numRuns: 500 },
    );
  });

  test("an error is mapped to a typed error", () => {
    fc.assert(
      fc.property(
        event,
        error,
        fc.integer({ min: 300, max: 599 }),
        fc.oneof(
          word,
          json.map((value) => JSON.stringify(value)),
        ),
        (frame, said, status, body) => {
          const mapped = [
            mapFailedResponse(said),
            mapErrorEvent(frame, JSON.stringify(frame)),
            mapErrorEvent({ ...frame, type: "error" }, JSON.stringify(frame)),
            mapHttpError(new HttpError("", { status, headers: {}, body })),
          ];
          for (const result of mapped) if (result) expect(CodexApiError.is(result)).toBe(true);
        },
      ),
    );
  });

  test("an answer is decoded or a protocol error", () => {
    fc.assert(
      fc.property(fc.oneof(json, nearly({ output: fc.array(fc.oneof(item, json)) })), (answer) => {
        for (const decode of [decodeCompactionOutput, decodeMemorySummaries]) {
          try {
            expect(Array.isArray(decode(new AnswerReader(answer, "failed")))).toBe(true);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(ProtocolError);
          }
        }
      }),
    );
  });

  test("rate limits are read or left out", () => {
    fc.assert(
      fc.property(
        event,
        fc.dictionary(fc.constantFrom("x-a-primary-used-percent", "x-codex-primary-reset-at"), word),
        (received, headers) => {
          expect(typeof decodeRateLimitsEvent(received).limitId).toBe("string");
          expect(rateLimitSnapshots(headers)[0]?.limitId).toBe("codex");
        },
      ),
    );
  });

  test("an encoded item is encoded the same again, without being changed", () => {
    fc.assert(
      fc.property(item, fc.constantFrom("drop", "send", "append"), (received, ids) => {
        // An exception of the reference: content with only plain text is omitted, and missing content is written as null.
        fc.pre(
          !(Array.isArray(received.content) && received.type === "reasoning" && received.content.every(isPlainText)),
        );
        const before = JSON.stringify(received);
        const once = JSON.stringify(encodeItem(decodeItem(received), { ids }));
        expect(JSON.stringify(encodeItem(decodeItem(JSON.parse(once) as typeof received), { ids }))).toBe(once);
        expect(JSON.stringify(received)).toBe(before);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("nested deeper than anything can be written", () => {
  const LEVELS = 10_000;
  const FIELDS = ["response", "item", "error", "headers", "session", "metadata", "safety_buffering", "rate_limits"];
  const deep = `${"[".repeat(LEVELS)}${"]".repeat(LEVELS)}`;
  const texts = (types: readonly string[], more = "") =>
    types.flatMap((type) => FIELDS.map((field) => `{"type":"${type}"${more},"${field}":${deep}}`));

  test("an event of a response is read, skipped or a typed error", () => {
    for (const text of [...texts(EVENT_TYPES), ...texts(["error"], ',"status":500'), `{"error":${deep}}`, deep]) {
      for (const carrier of ["http", "websocket"] as const) {
        const failures: unknown[] = [];
        const sink = {
          event: () => {},
          deltas: () => {},
          whole: <Done>(done: Done) => done,
          completed: () => {},
          failed: (error: unknown) => failures.push(error),
          broke: (error: unknown) => failures.push(error),
        };
        const reader = new ResponseReader(sink, carrier, { wireEvents: true, logger: silentLogger });
        reader.read(text);
        reader.readUnfinished(text);
        for (const failure of failures) expect(CodexApiError.is(failure)).toBe(true);
      }
    }
  });

  test("an event of a realtime session is read or skipped", () => {
    for (const { decoders } of Object.values(protocols)) {
      for (const text of [...texts([...decoders.keys()]), deep])
        expect(parseFrame(decoders, text)).toBeTypeOf("object");
    }
  });

  test("an answer is decoded or a protocol error, and a refusal is a typed error", () => {
    const fields = ["output", "models", "data", "created", "results", "error", "id"];
    const answers = fields.flatMap((field) => [
      `{"${field}":${deep}}`,
      `{"${field}":[${deep}]}`,
      `{"${field}":[{"slug":"m","id":${deep}}]}`,
    ]);
    for (const body of [deep, ...answers]) {
      for (const decode of [decodeCompactionOutput, decodeMemorySummaries, decodeModels]) {
        try {
          decode(new AnswerReader(JSON.parse(body), "failed"));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ProtocolError);
        }
      }
      expect(CodexApiError.is(mapHttpError(new HttpError("", { status: 500, headers: {}, body })))).toBe(true);
    }
  });
});
