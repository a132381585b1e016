import { describe, expect, it } from "vitest";
import { closureOf, failureOf, type RealtimeClosure } from "../../../../../src/api/realtime/connection/closure.ts";
import type { WebSocketEnd } from "../../../../../src/client/websocket/index.ts";

const peer = (code: number, reason = ""): WebSocketEnd => ({ by: "peer", code, reason });
const broken = new Error("reset");

describe("how a connection ended", () => {
  it.each<[string, WebSocketEnd, string | undefined, RealtimeClosure]>([
    ["by our close()", { by: "us" }, undefined, { cause: "requested" }],
    ["by silence", { by: "silence", timeoutMs: 5 }, undefined, { cause: "silence" }],
    ["by a break", { by: "network", error: broken }, undefined, { cause: "cut", reason: "reset" }],
    ["without a close frame", { by: "network" }, undefined, { cause: "cut" }],
    [
      "without a close frame, after the session had expired",
      { by: "network" },
      "session_expired",
      { cause: "session_expired" },
    ],
    ["by a normal close frame", peer(1000, "bye"), undefined, { cause: "goodbye", code: 1000, reason: "bye" }],
    ["by a close frame without a code", peer(1005), undefined, { cause: "goodbye" }],
    ["by an error code", peer(1011), undefined, { cause: "failed", code: 1011 }],
    ["at its age, by the event before", peer(1001), "session_expired", { cause: "session_expired", code: 1001 }],
    [
      "at its age, by the text of its close frame",
      peer(1008, "maximum duration"),
      undefined,
      { cause: "session_expired", code: 1008, reason: "maximum duration" },
    ],
  ])("%s", (_what, end, lastErrorCode, closure) => {
    expect(closureOf(end, lastErrorCode)).toEqual(closure);
  });

  it.each<[WebSocketEnd, string | undefined]>([
    [peer(1011), "the service closed the realtime session with code 1011"],
    [peer(1011, "overloaded"), "the service closed the realtime session with code 1011: overloaded"],
    [{ by: "network" }, "the realtime connection ended without a close frame; connect again to continue"],
    [{ by: "network", error: broken }, "failed to read websocket message: reset"],
    [peer(1001, "60 minutes"), undefined],
    [peer(1000), undefined],
  ])("is a failure unless the service ended it normally: %o", (end, message) => {
    expect(failureOf(end, closureOf(end, undefined))?.message).toBe(message);
  });
});
