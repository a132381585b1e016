import { describe, expect, it } from "vitest";
import { readEvents } from "../../../support/clients.ts";
import { openSession, user, wire } from "../support.ts";
import { ask, serveLanes, wordOf } from "./support.ts";

describe("an interruption that is answered", () => {
  const interrupted = (id: string) => ({
    type: "response.incomplete",
    response: { id, incomplete_details: { reason: "interrupted" } },
  });

  it("twice: the second answer ends nothing, and the next request is an increment", async () => {
    const server = await serveLanes((frame, own, { frames }) => {
      if (frame.type === "response.interrupt") {
        own(wire.done(wire.message("half", "msg_1")));
        own(interrupted("resp_1"));
        return;
      }
      const id = `resp_${frames.filter(({ type }) => type === "response.create").length}`;
      if (id === "resp_2") own(interrupted("resp_1"));
      own({ type: "response.created", response: { id } });
      own(wire.delta(wordOf(frame)));
      if (id === "resp_2") own(wire.completed(id));
    });
    const { session } = openSession(server.url, { carrier: "websocket" }, { supportsInterrupt: true });
    for (const lane of [session, session.lane("a")]) {
      server.frames.length = 0;
      const stream = await lane.stream(ask("one"));
      for await (const event of stream) if (event.type === "output_text.delta") void stream.interrupt();
      const { items } = await stream.collect();
      const next = await (await lane.stream(ask("two", [user("one"), ...items]))).collect();
      expect(next).toMatchObject({ text: "two", responseId: "resp_2", status: "completed" });
      expect(server.frames.at(-1)).toMatchObject({ previous_response_id: "resp_1", input: [user("two")] });
    }
    expect(server.sockets).toHaveLength(1);
  });

  it("by the answer itself, and then refused: the answer is whole, and the connection stays", async () => {
    const server = await serveLanes((frame, own, { frames }) => {
      if (frame.type === "response.interrupt") {
        own(wire.completed("resp_1"));
        const error = { code: "response_already_completed", param: "response_id", message: "resp_1 is over" };
        own({ type: "error", status: 400, error });
        return;
      }
      own({ type: "response.created", response: { id: `resp_${frames.length}` } });
      own(wire.delta(wordOf(frame)));
      if (wordOf(frame) === "two") own(wire.completed("resp_2"));
    });
    const { session } = openSession(server.url, { carrier: "websocket" }, { supportsInterrupt: true });
    const lane = session.lane("a");
    const stream = await lane.stream(ask("one"));
    const { events } = await readEvents(
      (async function* () {
        for await (const event of stream) {
          yield event;
          if (event.type === "output_text.delta") void stream.interrupt();
        }
      })(),
    );
    expect(events.at(-1)).toMatchObject({ type: "completed", responseId: "resp_1" });
    expect((await (await lane.stream(ask("two"))).collect()).text).toBe("two");
    expect(server.sockets).toHaveLength(1);
  });
});
