import type { Telemetry } from "../../src/api/service/observer.ts";

/** Telemetry with every hook, each made from its name. If one is missing, it does not compile. */
export function everyHook(hookOf: (name: keyof Telemetry) => (event: never) => unknown): Required<Telemetry> {
  return {
    onCallStart: hookOf("onCallStart"),
    onCallEnd: hookOf("onCallEnd"),
    onCallWait: hookOf("onCallWait"),
    onRequest: hookOf("onRequest"),
    onRetry: hookOf("onRetry"),
    onStreamPoll: hookOf("onStreamPoll"),
    onSkippedEvent: hookOf("onSkippedEvent"),
    onStreamDeviation: hookOf("onStreamDeviation"),
    onWebSocketRequest: hookOf("onWebSocketRequest"),
  } satisfies Record<keyof Telemetry, unknown> as Required<Telemetry>;
}
