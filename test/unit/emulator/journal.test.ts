import { describe, expect, it } from "vitest";
import { Journal } from "../../../src/emulator/journal/journal.ts";
import type { RecordedRequest } from "../../../src/emulator/journal/recorded-request.ts";

function request(path: string, body = new Uint8Array()): RecordedRequest {
  const rest = { headers: {}, rawHeaders: [], wireBytes: 0, json: undefined, exchange: 1, connection: 1 };
  return { kind: "http", method: "GET", path, body, ...rest };
}

function paths(journal: Journal): string[] {
  return journal.requests.map(({ path }) => path);
}

describe("the journal", () => {
  it("keeps the newest requests", () => {
    const journal = new Journal(2);
    for (const path of ["/1", "/2", "/3"]) journal.arrived(request(path));
    expect(paths(journal)).toEqual(["/2", "/3"]);
  });

  it("keeps 1000 by default", () => {
    const journal = new Journal();
    for (let count = 0; count < 1002; count += 1) journal.arrived(request(`/${count}`));
    expect(journal.requests).toHaveLength(1000);
  });

  it("keeps no more than 64 MiB of bodies, but always the newest", () => {
    const journal = new Journal();
    const body = new Uint8Array(40 * 1024 * 1024);
    journal.arrived(request("/1", body));
    journal.arrived(request("/2", body));
    expect(paths(journal)).toEqual(["/2"]);
    expect(journal.entries.map((entry) => entry.request)).toEqual(journal.requests);
  });

  it("returns each request once, past ones first", async () => {
    const journal = new Journal();
    journal.arrived(request("/1"));
    const taken = [journal.nextRequest(), journal.nextRequest(), journal.nextRequest()];
    journal.arrived(request("/2"));
    journal.arrived(request("/3"));
    expect((await Promise.all(taken)).map(({ path }) => path)).toEqual(["/1", "/2", "/3"]);
  });

  it("reports a request that was dropped before it was returned", async () => {
    const journal = new Journal(1);
    journal.arrived(request("/1"));
    journal.arrived(request("/2"));
    await expect(journal.nextRequest()).rejects.toThrow(/dropped.*recordLimit/);
    expect((await journal.nextRequest()).path).toBe("/2");
  });

  it("ends a wait for closed responses when there are enough", async () => {
    const journal = new Journal();
    let woken = false;
    const waiting = journal.waitForClosedResponses(2).then(() => (woken = true));
    journal.responseClosed();
    journal.websocketClosed();
    await Promise.resolve();
    expect(woken).toBe(false);
    journal.responseClosed();
    await waiting;
    await journal.waitForClosedWebSockets(1);
  });

  it("rejects every wait once it is closed", async () => {
    const journal = new Journal();
    const begunBefore = [journal.nextRequest(), journal.waitForClosedResponses(1)];
    journal.close();
    for (const wait of [...begunBefore, journal.waitForClosedWebSockets(1)])
      await expect(wait).rejects.toThrow(/closed/);
  });
});
