import { describe, expect, it } from "vitest";
import type { SessionLane } from "../../../../src/api/session/lanes/lane.ts";
import { emulate } from "../../../support/clients.ts";
import { serveWebSocket } from "../../websocket/plain-server.ts";
import { bodiesAt, handshakesAt, openSession, user, wire } from "../support.ts";

describe("a fork", () => {
  it("continues its source's last response without sending the history again, even if nothing is stored", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url);
    const source = session.lane("source");
    const history = [user("My cat is called Ada")];
    const { items, responseId } = await (await source.stream({ model: "m", input: history })).collect();
    history.push(...items);
    const forks = [source.fork("x"), source.fork(), session.lane("source").fork()];
    const texts = await Promise.all(
      forks.map(async (fork) => {
        const stream = await fork.stream({ model: "m", input: [...history, user("what did I say?")] });
        return (await stream.collect()).text;
      }),
    );
    for (const text of texts) expect(text).toContain("Ada");
    const sent = bodiesAt(emulator).slice(1);
    expect(sent).toHaveLength(3);
    for (const body of sent) {
      expect(body).toMatchObject({ previous_response_id: responseId });
      expect(body.input).toHaveLength(1);
    }
    expect(handshakesAt(emulator)).toHaveLength(1);
  });

  it("its source continues only after the fork has begun, because the service keeps one response per lane", async () => {
    const order: string[] = [];
    const server = await serveWebSocket(({ stream_id, previous_response_id }, tell) => {
      order.push(`${stream_id} ${previous_response_id ?? "whole"}`);
      const own = (event: object) => tell({ ...event, stream_id });
      own({ type: "response.created", response: { id: `resp_${order.length}` } });
      const finish = () => {
        order.push(`${stream_id} begins`);
        own({ type: "response.in_progress", response: {} });
        own(wire.completed(`resp_${order.length}`));
      };
      if (stream_id === "lane-2") setTimeout(finish, 50);
      else finish();
    });
    const { session } = openSession(server.url);
    const source = session.lane("source");
    const history = [user("one")];
    await (await source.stream({ model: "m", input: history })).collect();
    const fork = source.fork();
    const branch = fork.stream({ model: "m", input: [...history, user("two")] }).then((stream) => stream.collect());
    await new Promise(setImmediate);
    await (await source.stream({ model: "m", input: [...history, user("three")] })).collect();
    await branch;
    expect(order).toEqual([
      "lane-1 whole",
      "lane-1 begins",
      "lane-2 resp_2",
      "lane-2 begins",
      "lane-1 resp_2",
      "lane-1 begins",
    ]);
  });

  it.each([
    ["its source", (source: SessionLane, fork: SessionLane) => [fork, source]],
    [
      "the lane that it was forked from, before either was asked",
      (source: SessionLane, fork: SessionLane) => [fork.fork(), source],
    ],
  ])(
    "that is asked together with %s begins first, so that the service still has the response",
    async (_what, lanesOf) => {
      const order: string[] = [];
      const server = await serveWebSocket(({ stream_id, previous_response_id }, tell) => {
        const own = (event: object) => tell({ ...event, stream_id });
        order.push(`${stream_id === "lane-1" ? "source" : "fork"} ${previous_response_id ?? "whole"}`);
        own({ type: "response.created", response: { id: `resp_${order.length}` } });
        setImmediate(() => {
          order.push("begins");
          own({ type: "response.in_progress", response: {} });
          own(wire.completed(`resp_${order.length}`));
        });
      });
      const { session } = openSession(server.url);
      const source = session.lane("source");
      await (await source.stream({ model: "m", input: [user("one")] })).collect();
      const ask = async (lane: SessionLane) =>
        (await lane.stream({ model: "m", input: [user("one"), user(lane.name)] })).collect();
      await Promise.all(lanesOf(source, source.fork()).map(ask));
      expect(order).toEqual(["source whole", "begins", "fork resp_2", "begins", "source resp_2", "begins"]);
    },
  );

  it("one that is sent after its source has continued is sent whole, unless responses are stored", async () => {
    const emulator = await emulate();
    for (const store of [false, true]) {
      const { session, notices } = openSession(emulator.url);
      const source = session.lane("source");
      const history = [user("My cat is called Ada")];
      const { items } = await (await source.stream({ model: "m", store, input: history })).collect();
      history.push(...items);
      const fork = source.fork();
      await (await source.stream({ model: "m", store, input: [...history, user("repeat: x")] })).collect();
      const asked = { model: "m", store, input: [...history, user("what did I say?")] };
      expect((await (await fork.stream(asked)).collect()).text).toContain("Ada");
      expect(bodiesAt(emulator).at(-1)?.input).toHaveLength(store ? 1 : 3);
      expect(notices).toEqual([]);
    }
  });
});
