import { expect, it } from "vitest";
import { beBusy } from "../../support/busy.ts";
import { emulate, readEvents } from "../../support/clients.ts";
import { connect, typesOf, wire } from "./responses-support.ts";

const TIMEOUT_MS = 200;

it.each([
  { streamIdleTimeoutMs: TIMEOUT_MS }, // the text is still to be inflated when the timer fires
  { livenessTimeoutMs: TIMEOUT_MS },
])("a process that was busy for longer than a time-out does not take the server for dead (%o)", async (timeouts) => {
  let goOn = (): void => {};
  const frames = async function* () {
    yield JSON.stringify(wire.created);
    await new Promise<void>((resolve) => {
      goOn = resolve;
    });
    yield JSON.stringify(wire.delta("a text long enough to be deflated ".repeat(500)));
    yield JSON.stringify(wire.completed);
  };
  const emulator = await emulate({ rateLimits: false, script: [{ frames: frames() }] });
  const connection = await connect(emulator.url, { provider: timeouts });
  const stream = await connection.stream({ model: "m", input: "x" });
  const first = readEvents(stream);
  await emulator.nextRequest();
  await new Promise((resolve) => setTimeout(resolve, 20));
  goOn();
  beBusy(2 * TIMEOUT_MS);
  const { events, error } = await first;
  expect(error).toBeUndefined();
  expect(typesOf(events)).toEqual(["created", "output_text.delta", "completed"]);
});

it("a server that had nothing to answer, because no ping went out, is asked before it is given up", async () => {
  const emulator = await emulate();
  const connection = await connect(emulator.url, { provider: { livenessTimeoutMs: TIMEOUT_MS } });
  beBusy(2 * TIMEOUT_MS);
  await new Promise((resolve) => setTimeout(resolve, TIMEOUT_MS / 4));
  expect(connection.isClosed).toBe(false);
});
