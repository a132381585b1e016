import { describe, expect, it } from "vitest";
import { asked, ofResponse, read, stage } from "./support.ts";

describe("a session that is asked for a response in the background", () => {
  it("sends it over HTTP, takes it up where it broke, and goes back to its WebSocket", async () => {
    const { api, emulator } = await stage(
      { script: (request) => (request.method === "POST" ? { resetAfterEvents: 5 } : undefined) },
      { supportsWebSockets: true },
    );
    const session = api.session();
    const events = await read(await session.stream(asked("count to 9")));
    expect(events.filter(({ type }) => type === "resumed")).toHaveLength(1);
    expect(events.some(({ type }) => type === "restarted")).toBe(false);
    const id = emulator.requests[1]?.path.split("/").at(-1)?.split("?")[0] ?? "";
    expect(ofResponse(events)).toEqual(ofResponse(await read(await api.responses.resume(id))));
    const before = emulator.requests.length;
    await (await session.stream({ model: "m", input: "hello" })).collect();
    expect(emulator.requests.slice(before).map(({ kind }) => kind)).toEqual(["handshake", "frame"]);
    expect(session.carrier).toBe("websocket");
    await session.close();
  });

  it("does not ask anew for one that goes on at the service", async () => {
    const { api, generations } = await stage(
      { script: (request) => (request.method === "POST" ? { resetAfterEvents: 5 } : { status: 500 }) },
      { maxStreamRetries: 2, retry: { maxRetries: 0 } },
    );
    const session = api.session();
    const stream = await session.stream(asked("count to 9"));
    await expect(read(stream)).rejects.toMatchObject({ kind: "http", status: 500 });
    expect(stream.position).toMatchObject({ responseId: expect.stringMatching(/^resp_/), after: expect.any(Number) });
    expect(generations()).toBe(1);
    await session.close();
  });

  it("asks anew, announced, where nothing says that there is a response", async () => {
    const steps = [{ terminateAfterEvents: 0 }];
    const { api, generations, notices } = await stage({ script: steps });
    const session = api.session();
    expect((await (await session.stream(asked("17*23"))).collect()).text).toBe("17*23 = 391");
    expect(generations()).toBe(2);
    expect(notices.map(({ layer }) => layer)).toEqual(["stream"]);
    await session.close();
  });

  it("refuses it where it may use WebSockets alone", async () => {
    const { api } = await stage();
    const session = api.session({ carrier: "websocket" });
    await expect(session.stream(asked("x"))).rejects.toMatchObject({ kind: "build" });
    await session.close();
  });
});
