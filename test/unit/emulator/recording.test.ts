import { describe, expect, it } from "vitest";
import { type RecordedRequest, Recording } from "../../../src/emulator/journal/recording.ts";

function request(path: string, body = new Uint8Array()): RecordedRequest {
  const rest = { headers: {}, rawHeaders: [], wireBytes: 0, json: undefined, exchange: 1, connection: 1 };
  return { kind: "http", method: "GET", path, body, ...rest };
}

function paths(recording: Recording): string[] {
  return recording.requests.map(({ path }) => path);
}

describe("the recording", () => {
  it("keeps the newest requests", () => {
    const recording = new Recording(2);
    for (const path of ["/1", "/2", "/3"]) recording.add(request(path));
    expect(paths(recording)).toEqual(["/2", "/3"]);
  });

  it("keeps 1000 unless told", () => {
    const recording = new Recording();
    for (let count = 0; count < 1002; count += 1) recording.add(request(`/${count}`));
    expect(recording.requests).toHaveLength(1000);
  });

  it("keeps no more than 64 MiB of bodies, but always the newest", () => {
    const recording = new Recording();
    const body = new Uint8Array(40 * 1024 * 1024);
    recording.add(request("/1", body));
    recording.add(request("/2", body));
    expect(paths(recording)).toEqual(["/2"]);
  });

  it("hands out each request once, those of the past first", async () => {
    const recording = new Recording();
    recording.add(request("/1"));
    const taken = [recording.nextRequest(), recording.nextRequest(), recording.nextRequest()];
    recording.add(request("/2"));
    recording.add(request("/3"));
    expect((await Promise.all(taken)).map(({ path }) => path)).toEqual(["/1", "/2", "/3"]);
  });

  it("says so when a request was dropped before it was handed out", async () => {
    const recording = new Recording(1);
    recording.add(request("/1"));
    recording.add(request("/2"));
    await expect(recording.nextRequest()).rejects.toThrow(/dropped.*recordLimit/);
    expect((await recording.nextRequest()).path).toBe("/2");
  });

  it("wakes whoever waits for closed responses when there are enough", async () => {
    const recording = new Recording();
    let woken = false;
    const waiting = recording.waitForClosedResponses(2).then(() => (woken = true));
    recording.responseClosed();
    recording.websocketClosed();
    await Promise.resolve();
    expect(woken).toBe(false);
    recording.responseClosed();
    await waiting;
    await recording.waitForClosedWebSockets(1);
  });

  it("rejects every wait once it is closed", async () => {
    const recording = new Recording();
    const begunBefore = [recording.nextRequest(), recording.waitForClosedResponses(1)];
    recording.close();
    for (const wait of [...begunBefore, recording.waitForClosedWebSockets(1)])
      await expect(wait).rejects.toThrow(/closed/);
  });
});
