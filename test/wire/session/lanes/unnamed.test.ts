import { describe, expect, it } from "vitest";
import type { ResponseEvent } from "../../../../src/api/responses/events/types.ts";
import { readEvents } from "../../../support/clients.ts";
import { serveWebSocket } from "../../websocket/plain-server.ts";
import { asking, openSession, wire } from "../support.ts";

describe("a server that does not repeat stream_id", () => {
  it("is noticed, and each lane gets its own connection: nothing is lost or mixed up", async () => {
    const server = await serveWebSocket(({ input }, tell) => {
      const text = JSON.stringify(input)
        .match(/repeat: (\w+)/g)
        ?.at(-1)
        ?.slice(8);
      for (const event of [wire.created, wire.delta(String(text)), wire.completed()]) tell(event);
    });
    const { session } = openSession(server.url);
    const lanes = [session.lane("a"), session.lane("b"), session.lane("c")];
    for (const round of ["one", "two"]) {
      const texts = await Promise.all(
        lanes.map(async (lane, at) => (await (await lane.stream(asking(`${round}${at}`))).collect()).text),
      );
      expect(texts).toEqual([`${round}0`, `${round}1`, `${round}2`]);
    }
    expect(server.sockets.length).toBeGreaterThan(1);
    expect(server.frames.slice(3).every((frame) => frame.stream_id === undefined)).toBe(true);
  });
});

describe("a server that answers at once without a name", () => {
  it("mixes nothing up: its answer is dropped, and each request is sent again on its own connection", async () => {
    const server = await serveWebSocket(({ input }, tell, socket) => {
      const word = (frame: unknown) => String(JSON.stringify(frame).match(/repeat: (\w+)/)?.[1]);
      const requests = server.frames.filter((_, at) => owners[at] === socket);
      owners.push(socket);
      tell(wire.created);
      if (server.sockets.length === 1) {
        if (requests.length === 1) for (const text of ["mixed", "up"]) tell(wire.delta(text));
      } else for (const event of [wire.delta(word(input)), wire.completed()]) tell(event);
    });
    const owners: unknown[] = [];
    const { session } = openSession(server.url);
    const main = session.stream(asking("one")).then(readEvents);
    await new Promise(setImmediate);
    const lane = session.lane("a").stream(asking("two")).then(readEvents);
    const answers = await Promise.all([main, lane]);
    for (const { error } of answers) expect(error).toBeUndefined();
    const words = answers.map(({ events }) =>
      events
        .slice(events.findLastIndex(({ type }) => type === "restarted") + 1)
        .flatMap((event) => (event.type === "output_text.delta" ? [event.delta] : [])),
    );
    expect(words).toEqual([["one"], ["two"]]);
    expect(JSON.stringify(answers)).not.toContain("mixed");
  });
});

describe("a server that answers a lane without a name during an earlier response", () => {
  it("gives none of the lane's text to the other one", async () => {
    const server = await serveWebSocket(({ input }, tell) => {
      const word = String(JSON.stringify(input).match(/repeat: (\w+)/)?.[1]);
      const id = `resp_${server.frames.length}`;
      tell({ type: "response.created", response: { id } });
      if (server.frames.length > 1) for (const event of [wire.delta(word), wire.completed(id)]) tell(event);
    });
    const { session } = openSession(server.url);
    const main = await session.stream(asking("one"));
    const read: ResponseEvent[] = [];
    let lane: ReturnType<typeof readEvents> | undefined;
    for await (const event of main) {
      read.push(event);
      if (event.type === "created") lane ??= session.lane("a").stream(asking("two")).then(readEvents);
    }
    const words = [read, (await lane)?.events ?? []].map((events) =>
      events.flatMap((event) => (event.type === "output_text.delta" ? [event.delta] : [])),
    );
    expect(words).toEqual([["one"], ["two"]]);
  });
});
