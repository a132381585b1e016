import { describe, expect, it } from "vitest";
import type { ResponseItem } from "../../../../src/api/wire/items.ts";
import { emulate } from "../../../support/clients.ts";
import type { Tell } from "../../websocket/plain-server.ts";
import { bodiesAt, handshakesAt, openSession, user } from "../support.ts";
import { say, serveLanes, whole } from "./support.ts";

const ORPHAN = { type: "function_call_output", call_id: "nobody's", output: "" } as const;

describe("the last response of a lane", () => {
  it("is kept after an error of a fork, but not of the lane itself: then the next request is whole", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url);
    const lane = session.lane("source");
    const history: ResponseItem[] = [];
    const first = await say(lane, history, "repeat: one");
    const bad = { model: "m", input: [...history, ORPHAN] };
    await expect((await lane.fork().stream(bad)).collect()).rejects.toMatchObject({ kind: "invalid_request" });
    const second = await lane.stream({ model: "m", store: false, input: [...history, user("repeat: two")] });
    history.push(user("repeat: two"), ...(await second.collect()).items);
    expect(bodiesAt(emulator).at(-1)).toMatchObject({ previous_response_id: first.responseId });
    await expect((await lane.stream({ model: "m", input: [...history, ORPHAN] })).collect()).rejects.toMatchObject({
      kind: "invalid_request",
    });
    await say(lane, history, "repeat: three");
    expect(bodiesAt(emulator).at(-1)?.previous_response_id).toBeUndefined();
    expect(handshakesAt(emulator)).toHaveLength(1);
  });

  it("that the service has lost is sent again whole, on the same connection, while another lane is answered", async () => {
    const tellOther: Tell[] = [];
    const server = await serveLanes((frame, own, { frames }) => {
      if (JSON.stringify(frame.input).includes("slow")) {
        own({ type: "response.created", response: { id: "resp_slow" } });
        tellOther.push(own);
      } else if (frame.previous_response_id === undefined) whole(own, `resp_${frames.length}`, "fine");
      else own({ type: "error", status: 400, error: { code: "previous_response_not_found", message: "gone" } });
    });
    const { session, notices } = openSession(server.url, { carrier: "websocket" });
    const [lane, other] = [session.lane("a"), session.lane("b")];
    const history: ResponseItem[] = [];
    await say(lane, history, "one");
    const slow = await other.stream({ model: "m", input: "slow" });
    await say(lane, history, "two");
    for (const tell of tellOther) whole(tell, "resp_slow", "late");
    expect((await slow.collect()).text).toBe("late");
    expect(server.frames.map(({ input }) => (input as unknown[]).length)).toEqual([1, 1, 1, 3]);
    expect(notices).toMatchObject([{ retry: 0 }]);
    expect(server.sockets).toHaveLength(1);
  });
});

it("a connection that is too old gets no further request, and ends when its last lane is answered", async () => {
  const running: Tell[] = [];
  const server = await serveLanes((frame, own, { frames }) => {
    if (JSON.stringify(frame.input).includes("slow")) running.push(own);
    else whole(own, `resp_${frames.length}`, "fine");
  });
  const { session } = openSession(server.url, { carrier: "websocket", maxConnectionAgeMs: 0 });
  const slow = await session.lane("slow").stream({ model: "m", input: "slow" });
  expect((await say(session.lane("next"), [], "two")).text).toBe("fine");
  expect(server.sockets[0]?.readyState).toBe(1);
  expect(server.sockets).toHaveLength(2);
  for (const tell of running) whole(tell, "resp_slow", "late");
  expect((await slow.collect()).text).toBe("late");
  await server.closed;
});
