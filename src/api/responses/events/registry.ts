import { decodeRateLimitsEvent } from "../../rate-limits.ts";
import { isForeignError, isNamedError, isServiceName } from "../../refusal/foreign.ts";
import { decodeItem } from "../../wire/item-decoder.ts";
import { filled, isJsonObject, type JsonObject } from "../../wire/json.ts";
import type { TextIndex } from "../received/whole-texts.ts";
import { type DecodedEvent, MISSING_FIELD, UNKNOWN_TYPE } from "./decoded.ts";
import { completed, errorEvent, failed, incomplete, otherApi } from "./ends.ts";
import { indexOf, told } from "./fields.ts";
import { metadata } from "./notices.ts";
import { parseWireEvent } from "./parse.ts";
import * as piece from "./pieces.ts";
import * as whole from "./wholes.ts";

/** Everything known about one type of wire event. */
export interface EventRow {
  /** Decodes the event, for SSE and WebSocket alike. Never throws. `text` is the event as received; a refusal keeps it. */
  readonly decode: (event: JsonObject, text: string) => DecodedEvent;
  /** True if the event advances the response. Others do not count as progress, however many arrive. */
  readonly moves: boolean;
  /** True if the event ends the response. */
  readonly ends: boolean;
  /**
   * Who handles it: the Rust client of March 2026, later versions of it, or only users of the public API, which the Rust client does not
   * serve.
   */
  readonly since: "march" | "later" | "public";
  /** The event repeats in full what deltas brought before, if there were any; with this field it says which part of the item it is about. */
  readonly repeats?: TextIndex;
}

const MARCH: Omit<EventRow, "decode"> = { moves: true, ends: false, since: "march" };
const LATER: Omit<EventRow, "decode"> = { moves: true, ends: false, since: "later" };
const PUBLIC: Omit<EventRow, "decode"> = { moves: true, ends: false, since: "public" };
const END = { ends: true };
const ASIDE = { moves: false };

const says = (): DecodedEvent => UNKNOWN_TYPE;

const ROWS: readonly (readonly [wireType: string, EventRow])[] = [
  ["response.created", { decode: created, ...MARCH }],
  ["response.queued", { decode: says, ...PUBLIC, ...ASIDE }],
  ["response.in_progress", { decode: says, ...PUBLIC, ...ASIDE }],
  ["response.output_item.added", { decode: (event) => withItem("output_item.added", event), ...MARCH }],
  ["response.output_item.done", { decode: (event) => withItem("output_item.done", event), ...MARCH }],
  ["response.output_text.delta", { decode: piece.outputTextDelta, ...MARCH }],
  ["response.output_text.done", { decode: whole.outputText, repeats: "content_index", ...PUBLIC }],
  ["response.output_text.annotation.added", { decode: piece.annotationAdded, ...PUBLIC }],
  ["response.refusal.delta", { decode: piece.refusalDelta, ...PUBLIC }],
  ["response.refusal.done", { decode: whole.refusal, repeats: "content_index", ...PUBLIC }],
  ["response.content_part.done", { decode: whole.contentPart, repeats: "content_index", ...PUBLIC }],
  ["response.reasoning_summary_part.added", { decode: piece.summaryPartAdded, ...MARCH }],
  ["response.reasoning_summary_text.delta", { decode: piece.summaryTextDelta, ...MARCH }],
  ["response.reasoning_summary_text.done", { decode: piece.summaryTextDone, ...LATER }],
  ["response.reasoning_summary_part.done", { decode: whole.summaryPart, repeats: "summary_index", ...PUBLIC }],
  ["response.reasoning_text.delta", { decode: piece.reasoningTextDelta, ...MARCH }],
  ["response.reasoning_text.done", { decode: whole.reasoningText, repeats: "content_index", ...PUBLIC }],
  ["response.function_call_arguments.delta", { decode: piece.argumentsDelta, ...PUBLIC }],
  ["response.function_call_arguments.done", { decode: whole.callArguments, repeats: "none", ...PUBLIC }],
  ["response.custom_tool_call_input.delta", { decode: piece.toolInputDelta, ...LATER }],
  ["response.custom_tool_call_input.done", { decode: whole.toolInput, repeats: "none", ...PUBLIC }],
  ["response.completed", { decode: completed, ...MARCH, ...END }],
  ["response.failed", { decode: failed, ...MARCH, ...END }],
  ["response.incomplete", { decode: incomplete, ...MARCH, ...END }],
  ["error", { decode: errorEvent, ...MARCH, ...END }],
  ["keepalive", { decode: says, ...PUBLIC, ...ASIDE }],
  ["codex.rate_limits", { decode: rateLimits, ...MARCH, ...ASIDE }],
  ["response.metadata", { decode: metadata, ...MARCH, ...ASIDE }],
  ["codex.response.metadata", { decode: metadata, ...MARCH, ...ASIDE }],
];

const REGISTRY: ReadonlyMap<unknown, EventRow> = new Map(ROWS);
/** For errors whose type does not say so: without a type, or with that of the error. */
const FOREIGN_ERROR: EventRow = { decode: errorEvent, ...PUBLIC, ...END };

export function rowOf(wireType: unknown): EventRow | undefined {
  return REGISTRY.get(wireType);
}

/** For the whole response in place of its events, as a server sends it that does not stream. */
const WHOLE_RESPONSE: EventRow = { decode: (response) => completed({ response }), ...PUBLIC, ...END };
const OTHER_API: EventRow = { decode: otherApi, ...PUBLIC, ...END };
const TERMINAL: ReadonlySet<unknown> = new Set(["completed", "incomplete", "failed"]);

/** Like {@link rowOf}, for an event: a gateway's error, or a whole response, is not recognised by its type alone. */
export function rowOfEvent(event: JsonObject): EventRow | undefined {
  const row = REGISTRY.get(event.type);
  if (row) return row;
  if (isWholeResponse(event)) return WHOLE_RESPONSE;
  if (event.object === "chat.completion.chunk" && event.type === undefined && !isNamedError(event)) return OTHER_API;
  return isForeignError(event) ? FOREIGN_ERROR : undefined;
}

function isWholeResponse({ type, object, status, output }: JsonObject): boolean {
  return type === undefined && object === "response" && TERMINAL.has(status) && Array.isArray(output);
}

/** The text of the event that a whole answer is, so that who forwards events forwards one that every client knows. */
export function eventOfWhole(text: string): string {
  const body = parseWireEvent(text);
  return body && isWholeResponse(body) ? `{"type":"response.completed","response":${text.trim()}}` : text;
}

/** True for an object that can be the body of an answer in place of a stream: the whole response, or what calls itself an error. */
export function isWholeAnswer(body: JsonObject): boolean {
  return isWholeResponse(body) || (isNamedError(body) && isErrorEvent(body));
}

/** True for an error in any form; it belongs to the connection as much as to the response. */
export function isErrorEvent(event: JsonObject): boolean {
  return rowOfEvent(event)?.decode === errorEvent;
}

/** True if an event of this type has nothing for the caller, apart from headers and the like. */
export function saysNothing(wireType: string): boolean {
  const row = REGISTRY.get(wireType);
  return row === undefined ? isServiceName(wireType) : row.decode === says;
}

/** All types that have a row. */
export function knownTypes(): readonly string[] {
  return ROWS.map(([wireType]) => wireType);
}

/** The plain decoder. The fast path must give the same results. */
export function decodeWireEvent(event: JsonObject, text: string): DecodedEvent {
  return rowOfEvent(event)?.decode(event, text) ?? (event.type === undefined ? MISSING_FIELD : UNKNOWN_TYPE);
}

const KEEPS_ALIVE = /(keep[-_]?alive|heartbeat|ping)$/;

/** True if an event advances the response. One of unknown type does if it is a `response.` event: the service sends something new. */
export function movesResponse(wireType: unknown): boolean {
  const row = rowOf(wireType);
  if (row) return row.moves;
  return typeof wireType === "string" && wireType.startsWith("response.") && !KEEPS_ALIVE.test(wireType);
}

function created({ response }: JsonObject): DecodedEvent {
  if (response === undefined || response === null) return MISSING_FIELD;
  if (!isJsonObject(response)) return { type: "created" };
  return { type: "created", ...told({ responseId: filled(response.id), model: filled(response.model) }) };
}

function withItem(type: "output_item.added" | "output_item.done", event: JsonObject): DecodedEvent {
  const item = decodeItem(event.item);
  return item ? { type, item, ...told({ outputIndex: indexOf(event.output_index) }) } : MISSING_FIELD;
}

function rateLimits(event: JsonObject): DecodedEvent {
  return { type: "rate_limits", snapshot: decodeRateLimitsEvent(event) };
}
