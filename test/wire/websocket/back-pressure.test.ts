import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { emulate, readEvents } from "../../support/clients.ts";
import { standstill } from "../../support/standstill.ts";
import { connect, wire } from "./responses-support.ts";

const EVENTS = 8_000;
const EVENT_BYTES = 10_000;
/** The most that the client, the emulator and two sockets on loopback can buffer. */
const MOST_UNDER_WAY = 24 * 1024 * 1024;

describe.each([{ compression: true }, { compression: false }])("a slow reader (%o)", ({ compression }) => {
  it("slows the server down, runs into no time limit, and loses nothing", async () => {
    let sent = 0;
    const frames = async function* () {
      for (; sent < EVENTS; sent += 1) {
        yield JSON.stringify(wire.delta(randomBytes(EVENT_BYTES / 2).toString("hex")));
      }
      yield JSON.stringify(wire.completed);
    };
    const emulator = await emulate({ rateLimits: false, script: [{ frames: frames() }] });
    const connection = await connect(emulator.url, {
      provider: { livenessTimeoutMs: 1_000, streamIdleTimeoutMs: 1_000 },
      connect: { compression },
    });
    const stream = await connection.stream({ model: "m", input: "x" });
    // The server sends nothing for longer than both time-outs.
    await standstill(() => sent, 1_300);
    expect(sent * EVENT_BYTES).toBeGreaterThan(1024 * 1024);
    expect(sent * EVENT_BYTES).toBeLessThan(MOST_UNDER_WAY);
    const { events, error } = await readEvents(stream);
    expect(error).toBeUndefined();
    expect(events.filter(({ type }) => type === "output_text.delta")).toHaveLength(EVENTS);
    expect(connection.isClosed).toBe(false);
  });
});
