import { expect, it } from "vitest";
import type { RealtimeEvent } from "../../../../../src/api/realtime/events.ts";
import { parseFrame } from "../../../../../src/api/realtime/protocol/decoders.ts";
import { protocols } from "../../../../../src/api/realtime/protocol/protocols.ts";
import type { RealtimeProtocolName } from "../../../../../src/api/realtime/settings.ts";

/** The event in a message of the service; undefined if there is none. */
export function parse(name: RealtimeProtocolName, wire: unknown): RealtimeEvent | undefined {
  const parsed = parseFrame(protocols[name].decoders, typeof wire === "string" ? wire : JSON.stringify(wire));
  return "event" in parsed ? parsed.event : undefined;
}

export type Row = readonly [what: string, wire: unknown, event: RealtimeEvent | undefined];

/** A test for each row. Events of `v3` may have further fields. */
export function rows(name: RealtimeProtocolName, table: readonly Row[]): void {
  it.each(table)(`${name}: %s`, (_what, wire, event) => {
    if (name === "v3" && event) expect(parse(name, wire)).toMatchObject(event);
    else expect(parse(name, wire)).toEqual(event);
  });
}

/** Audio as `v1` has it. */
export const audio = { type: "conversation.output_audio.delta", delta: "AAA=", sample_rate: 48000, channels: 1 };
/** A handoff as `v1` has it. */
export const handoff = { type: "conversation.handoff.requested", handoff_id: "h", item_id: "i", input_transcript: "t" };
/** What every protocol makes of a handoff with these ids and this text. */
export const heard = {
  type: "handoff_requested",
  handoffId: "h",
  itemId: "i",
  inputTranscript: "t",
  activeTranscript: [],
} as const;

/** A call of a tool, as an item. */
export function call(name: string, fields: object = {}) {
  return { type: "function_call", name, id: "i", call_id: "h", arguments: '{"prompt":"t"}', ...fields };
}

export function finished(item: unknown) {
  return { type: "conversation.item.done", item };
}
