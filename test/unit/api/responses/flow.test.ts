import { expect, it } from "vitest";
import type { Carrier } from "../../../../src/api/responses/ending.ts";
import { ResponseFlow } from "../../../../src/api/responses/flow.ts";
import { AbortedError } from "../../../../src/client/failure/kinds.ts";
import { silentLogger } from "../../../../src/client/observe/log.ts";
import type { Telemetry } from "../../../../src/client/observe/telemetry.ts";

const delta = JSON.stringify({ type: "response.output_text.delta", delta: "a" });
const last = {
  completed: JSON.stringify({ type: "response.completed", response: { id: "r" } }),
  failed: JSON.stringify({ type: "response.failed", response: { error: { code: "invalid_prompt" } } }),
};

function open(signal: AbortSignal, telemetry: Telemetry) {
  const calls: string[] = [];
  const note = (call: string) => () => void calls.push(call);
  const carrier: Carrier = {
    kind: "http",
    pause: note("pause"),
    resume: note("resume"),
    complete: note("complete"),
    cancel: note("cancel"),
  };
  const flow = new ResponseFlow(carrier, { idleTimeoutMs: 0, signal, telemetry, logger: silentLogger });
  flow.open([]);
  return { flow, calls };
}

it.each(["completed", "failed"] as const)(
  "an observer's abort in the middle of a chunk ends the response there, even if the chunk continues to %s",
  async (end) => {
    const controller = new AbortController();
    const { flow, calls } = open(controller.signal, { onStreamPoll: () => controller.abort("enough") });
    for (const event of [delta, last[end]]) flow.read(event);
    await expect(flow.events.next()).rejects.toMatchObject({ kind: "aborted", cause: "enough" });
    expect(await flow.events.next()).toEqual({ done: true, value: undefined });
    expect(calls).toEqual(["cancel"]);
  },
);

it("the carrier's own abort arrives at once, with its own reason", async () => {
  const { flow, calls } = open(new AbortController().signal, {});
  flow.read(delta);
  flow.fail(new AbortedError("the gateway's own reason"));
  await expect(flow.events.next()).rejects.toMatchObject({ kind: "aborted", cause: "the gateway's own reason" });
  expect(flow.failure).toMatchObject({ cause: "the gateway's own reason" });
  expect(calls).toEqual(["cancel"]);
});

it.each(["completed", "failed"] as const)("what follows the terminal event in its chunk is not read: %s", (end) => {
  const seen: string[] = [];
  const { flow, calls } = open(new AbortController().signal, {
    onStreamPoll: ({ type }) => seen.push(`poll ${type}`),
    onSkippedEvent: ({ reason }) => seen.push(`skip ${reason}`),
  });
  for (const event of [last[end], "[DONE]", delta]) flow.read(event);
  expect(seen).toEqual([`poll response.${end}`]);
  expect(calls).toEqual(["complete"]); // a refusal that is final leaves the connection to the next request
});
