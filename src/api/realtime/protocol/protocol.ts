import type { JsonObject } from "../../wire/json.ts";
import type { EventDecoder } from "./decoders.ts";
import type { RealtimeProtocolName, RealtimeSessionSettings } from "../settings.ts";
import type { Transcript } from "./transcript.ts";

/** One version of the protocol: what it sends and how it reads. Pure. */
export interface RealtimeProtocol {
  readonly name: RealtimeProtocolName;
  /** The query parameter `intent`. */
  readonly intent?: string | undefined;
  /** The model answers a text or a handoff's output only after `response.create`. */
  readonly answersWhenAsked: boolean;
  readonly decoders: ReadonlyMap<string, EventDecoder>;
  /** `session` of `session.update`. */
  session(settings: RealtimeSessionSettings): JsonObject;
  message(text: string, role: MessageRole): JsonObject;
  handoffOutput(handoffId: string, text: string): JsonObject;
  createTranscript(): Transcript;
}

/** `developer`: context that the user did not say. */
export type MessageRole = "user" | "developer";

export const AUDIO_FORMAT = { type: "audio/pcm", rate: 24_000 } as const;

/** What `v1` and `v2` write before the agent's last message, double quotes included. */
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

/** A tool of the session with string parameters, all required. */
export function functionTool(name: string, description: string, parameters: Readonly<Record<string, string>>) {
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
