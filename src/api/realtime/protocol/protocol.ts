import type { JsonObject } from "../../wire/json.ts";
import type { RealtimeEvent } from "../events.ts";
import type { RealtimeProtocolName, RealtimeSessionConfig, RealtimeSessionSettings } from "../settings.ts";
import type { EventDecoder } from "./decoders.ts";

/** Sees each event after it was decoded, and may add to it. */
export interface EventStage {
  /** The event as the reader gets it. */
  observe(event: RealtimeEvent): RealtimeEvent;
}

/** One version of the protocol: what it sends, and how it reads. Pure. */
export interface RealtimeProtocol {
  readonly name: RealtimeProtocolName;
  /** The query parameter `intent`. */
  intentOf(settings: RealtimeSessionSettings): string | undefined;
  /** True for the public Realtime API, with its buffers, items and responses. */
  readonly isPublic: boolean;
  /** True if every event is delivered, and a conversation ends only with its connection. */
  readonly isWhole: boolean;
  /** True if the model answers a text or a handoff's output only after `response.create`. */
  readonly answersWhenAsked: boolean;
  readonly decoders: ReadonlyMap<string, EventDecoder>;
  /** The `session` of the first `session.update`. */
  session(config: RealtimeSessionConfig): JsonObject;
  /** The `session` of a later one. `settings`: the settings so far. */
  change(settings: RealtimeSessionSettings, changes: RealtimeSessionSettings): JsonObject;
  message(text: string, role: MessageRole): JsonObject;
  handoffOutput(handoffId: string, text: string): JsonObject;
  /** In the order in which they see an event; new ones for each connection. */
  createStages(): readonly EventStage[];
}

/** `developer`: context that the user did not say. */
export type MessageRole = "user" | "developer";

export const AUDIO_FORMAT = { type: "audio/pcm", rate: 24_000 } as const;

/** `v1` and `v2` put this before the agent's last message, double quotes included. */
export const FINAL_MESSAGE_PREFIX = '"Agent Final Message":\n\n';

export function textMessage(contentType: string, text: string, role: MessageRole): JsonObject {
  return {
    type: "conversation.item.create",
    item: { type: "message", role, content: [{ type: contentType, text }] },
  };
}

export function functionCallOutput(callId: string, output: string): JsonObject {
  return { type: "conversation.item.create", item: { type: "function_call_output", call_id: callId, output } };
}

/** One of this package's own tools of a session, with string parameters, all of them required. */
export function ownTool(name: string, description: string, parameters: Readonly<Record<string, string>>) {
  const properties = Object.fromEntries(
    Object.entries(parameters).map(([parameter, text]) => [parameter, { type: "string", description: text }]),
  );
  const required = Object.keys(parameters);
  return {
    type: "function",
    name,
    description,
    parameters: {
      type: "object",
      properties,
      ...(required.length > 0 && { required }),
      additionalProperties: false,
    },
  };
}
