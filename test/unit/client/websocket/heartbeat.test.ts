import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Heartbeat, type HeartbeatOptions } from "../../../../src/client/websocket/heartbeat.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function beat(options: Partial<HeartbeatOptions> = {}) {
  const ping = vi.fn();
  const onDead = vi.fn();
  const heartbeat = new Heartbeat({
    pingIntervalMs: 25_000,
    livenessTimeoutMs: 60_000,
    isDeaf: () => false,
    ping,
    onDead,
    ...options,
  });
  heartbeat.start();
  return { heartbeat, ping, onDead };
}

describe("a heartbeat", () => {
  it("pings every 25 s while the peer answers, and never reports it dead", () => {
    const ping = vi.fn(() => heartbeat.heard());
    const { heartbeat, onDead } = beat({ ping });
    vi.advanceTimersByTime(600_000);
    expect(ping).toHaveBeenCalledTimes(24);
    expect(onDead).not.toHaveBeenCalled();
  });

  it("reports a silent peer dead once, after exactly the liveness time-out", () => {
    const { onDead, ping } = beat();
    vi.advanceTimersByTime(59_999);
    expect(onDead).not.toHaveBeenCalled();
    vi.advanceTimersByTime(10);
    expect(onDead).toHaveBeenCalledTimes(1);
    expect(ping).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(600_000);
    expect(onDead).toHaveBeenCalledTimes(1);
  });

  it("counts the silence from the last sign of life", () => {
    const { heartbeat, onDead } = beat();
    vi.advanceTimersByTime(40_000);
    heartbeat.heard();
    vi.advanceTimersByTime(59_000);
    expect(onDead).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_001);
    expect(onDead).toHaveBeenCalledTimes(1);
  });

  it("does not judge a peer while reading is paused, and continues pinging it", () => {
    let deaf = true;
    const { onDead, ping } = beat({ isDeaf: () => deaf });
    vi.advanceTimersByTime(300_000);
    expect(onDead).not.toHaveBeenCalled();
    expect(ping).toHaveBeenCalledTimes(12);
    deaf = false;
    vi.advanceTimersByTime(60_010);
    expect(onDead).toHaveBeenCalledTimes(1);
  });

  it("pings twice within a short liveness time-out, so that a living peer can answer", () => {
    const { ping } = beat({ livenessTimeoutMs: 2_000 });
    vi.advanceTimersByTime(1_999);
    expect(ping).toHaveBeenCalledTimes(1);
  });

  it("does not judge silence without pings", () => {
    const { onDead, ping } = beat({ pingIntervalMs: 0 });
    vi.advanceTimersByTime(3_600_000);
    expect([ping.mock.calls.length, onDead.mock.calls.length]).toEqual([0, 0]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("pings and never judges without a liveness time-out", () => {
    const { onDead, ping } = beat({ livenessTimeoutMs: 0 });
    vi.advanceTimersByTime(250_000);
    expect([ping.mock.calls.length, onDead.mock.calls.length]).toEqual([10, 0]);
  });

  it("reads what arrived while the process was busy before it judges the peer", () => {
    const { heartbeat, onDead } = beat({ pingIntervalMs: 60_000, livenessTimeoutMs: 60_000 });
    setTimeout(() => setImmediate(() => heartbeat.heard()), 59_998);
    vi.advanceTimersByTime(60_000);
    expect(onDead).not.toHaveBeenCalled();
  });

  it("is silent once stopped", () => {
    const { heartbeat, onDead, ping } = beat();
    heartbeat.stop();
    vi.advanceTimersByTime(600_000);
    expect([ping.mock.calls.length, onDead.mock.calls.length, vi.getTimerCount()]).toEqual([0, 0, 0]);
  });
});
