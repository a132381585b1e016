import { describe, expect, it } from "vitest";
import { ScriptReader } from "../../../src/emulator/delivery/script.ts";
import type { RecordedRequest } from "../../../src/emulator/journal/recorded-request.ts";

function request(kind: RecordedRequest["kind"], path = "/v1/responses"): RecordedRequest {
  const empty = {
    headers: {},
    rawHeaders: [],
    body: new Uint8Array(),
    wireBytes: 0,
    json: undefined,
    exchange: 1,
    connection: 1,
  };
  return { kind, method: "POST", path, ...empty };
}

describe("a script", () => {
  it("as a list is used in order, and then has no effect", async () => {
    const script = new ScriptReader([{ status: 500 }, {}, { endAfterEvents: 1 }]);
    const steps = [];
    for (let count = 0; count < 4; count += 1) steps.push(await script.next(request("http")));
    expect(steps).toEqual([{ status: 500 }, {}, { endAfterEvents: 1 }, undefined]);
  });

  it("separates steps for handshakes from those for requests", async () => {
    const refuse = { refuse: { status: 426 } };
    const accept = { accept: { silent: true } };
    const script = new ScriptReader([refuse, { status: 500 }, accept]);
    expect(await script.next(request("frame"))).toEqual({ status: 500 });
    expect(await script.next(request("handshake"))).toBe(refuse);
    expect(await script.next(request("handshake"))).toBe(accept);
    expect(await script.next(request("handshake"))).toBeUndefined();
    expect(await script.next(request("http"))).toBeUndefined();
  });

  it("as a function decides each time, and may be asynchronous", async () => {
    const script = new ScriptReader(async ({ path }) => (path === "/v1/models" ? { status: 503 } : undefined));
    expect(await script.next(request("http", "/v1/models"))).toEqual({ status: 503 });
    expect(await script.next(request("http"))).toBeUndefined();
  });
});
