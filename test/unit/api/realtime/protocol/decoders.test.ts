import { describe, expect, it } from "vitest";
import { parseFrame } from "../../../../../src/api/realtime/protocol/decoders.ts";
import { protocols } from "../../../../../src/api/realtime/protocol/protocols.ts";
import { type Row, rows } from "./support.ts";

const all: readonly Row[] = [
  [
    "session.updated",
    { type: "session.updated", session: { id: "s", instructions: "i" } },
    { type: "session_updated", sessionId: "s", instructions: "i" },
  ],
  [
    "session.updated without instructions",
    { type: "session.updated", session: { id: "s" } },
    { type: "session_updated", sessionId: "s" },
  ],
  [
    "session.updated with instructions that are not a text",
    { type: "session.updated", session: { id: "s", instructions: 1 } },
    { type: "session_updated", sessionId: "s" },
  ],
  ["session.updated without an id", { type: "session.updated", session: {} }, undefined],
  ["session.updated without a session", { type: "session.updated", session: null }, undefined],
  [
    "an item of any shape",
    { type: "conversation.item.added", item: { type: "x", seq: 11 } },
    { type: "conversation_item.added", item: { type: "x", seq: 11 } },
  ],
  [
    "an item that is null",
    { type: "conversation.item.added", item: null },
    { type: "conversation_item.added", item: null },
  ],
  ["an added item that is missing", { type: "conversation.item.added" }, undefined],
  [
    "a finished item",
    { type: "conversation.item.done", item: { id: "i", a: 1 } },
    { type: "conversation_item.done", itemId: "i", item: { id: "i", a: 1 } },
  ],
  ["a finished item without an id", { type: "conversation.item.done", item: { id: 1 } }, undefined],
  ["a finished item that is not an object", { type: "conversation.item.done", item: "i" }, undefined],
  ["an error's message", { type: "error", message: "m", error: { message: "e" } }, { type: "error", message: "m" }],
  ["an error's inner message", { type: "error", message: 1, error: { message: "e" } }, { type: "error", message: "e" }],
  ["an error without a message", { type: "error", error: { code: 1 } }, { type: "error", message: '{"code":1}' }],
  ["an error that is a text", { type: "error", error: "bad" }, { type: "error", message: '"bad"' }],
  ["an error that is null", { type: "error", error: null }, { type: "error", message: "null" }],
  ["an error without anything", { type: "error", code: 1 }, { type: "error", message: "an error without a reason" }],
  ["text that is not JSON", "ping", undefined],
  ["JSON that is not an object", "[1]", undefined],
  ["an object without a type", { session: { id: "s" } }, undefined],
  ["a type that is not a text", { type: 1 }, undefined],
  ["an unknown type", { type: "rate_limits.updated" }, undefined],
  ["a type that every object inherits", { type: "constructor" }, undefined],
];

describe("what all protocols decode", () => {
  rows("v1", all);
  rows("v2", all);
  rows("v3", all);
});

describe("a message without an event", () => {
  it.each([
    ["is not JSON", "x", { skipped: { reason: "not JSON" } }],
    ["has no type", "{}", { skipped: { reason: "missing field" }, wire: {} }],
    ["is unknown", '{"type":"a","b":1}', { skipped: { type: "a", reason: "unknown type" }, wire: { type: "a", b: 1 } }],
    [
      "lacks a field",
      '{"type":"session.updated"}',
      { skipped: { type: "session.updated", reason: "missing field" }, wire: { type: "session.updated" } },
    ],
  ])("is reported if it %s", (_what, text, parsed) => {
    expect(parseFrame(protocols.v3.decoders, text)).toEqual(parsed);
  });
});
