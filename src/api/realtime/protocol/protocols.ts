import { BuildError } from "../../../client/failure/kinds.ts";
import { oneOf } from "../../../client/options.ts";
import type { JsonObject } from "../../wire/json.ts";
import { checkSessionConfig, type RealtimeProtocolName, type RealtimeSessionConfig } from "../settings.ts";
import type { RealtimeProtocol } from "./protocol.ts";
import { v1 } from "./v1.ts";
import { v2 } from "./v2.ts";
import { v3 } from "./v3.ts";

export const DEFAULT_PROTOCOL = "v3" satisfies RealtimeProtocolName;

export const protocols: Readonly<Record<RealtimeProtocolName, RealtimeProtocol>> = { v1, v2, v3 };

/** @throws {@link BuildError} There is no such version, or it does not support `session`. */
export function protocolOf({ protocol = DEFAULT_PROTOCOL, session }: RealtimeSessionConfig): RealtimeProtocol {
  const found = protocols[oneOf("protocol", protocol, ["v1", "v2", "v3"])];
  if (session === undefined || found.isWhole) return found;
  throw new BuildError(`session in the wire format needs protocol v3, and protocol is ${found.name}`);
}

/** The session in the form that a WebRTC call needs (`CallsClient.create`): the contents of `session.update`, and the model. */
export function realtimeCallSession(config: RealtimeSessionConfig): JsonObject {
  checkSessionConfig(config);
  const session = protocolOf(config).session(config);
  return config.model === undefined ? session : { ...session, model: config.model };
}
