import { describe, expect, it } from "vitest";
import type { ResponseItem } from "../../../src/api/wire/items.ts";
import { readEvents, textOf } from "../../support/clients.ts";
import { type Frame, type PlainServer, serveWebSocket, type Tell } from "../websocket/plain-server.ts";
import { openSession, user, wire } from "./support.ts";

/** Whatever a lane says comes back, beside what the server does wrong. */
async function answering(respond: (frame: Frame, tell: Tell, own: Tell, server: PlainServer) => void) {
  const server: PlainServer = await serveWebSocket((frame, tell) => {
    const { stream_id } = frame;
    respond(frame, tell, (event) => tell(stream_id === undefined ? event : { ...event, stream_id }), server);
  });
  return server;
}

function wordOf({ input }: Frame): string {
  return JSON.stringify((input as ResponseItem[]).at(-1)).match(/"text":"([^"]*)"/)?.[1] ?? "";
}

const item = (id: string, text: string) => wire.done(wire.message(text, id));
const ask = (word: string, history: readonly ResponseItem[] = []) => ({ model: "m", input: [...history, user(word)] });

describe("a server that breaks a rule of lanes", () => {
  it("sends events of names that nobody has: they are nobody's, also errors, and the lane's answer is whole", async () => {
    const server = await answering((frame, tell, own) => {
      own(wire.created);
      tell({ ...wire.delta("stranger"), stream_id: "lane-7" });
      tell({ type: "error", stream_id: "nobody", status: 500, error: { message: "of somebody else" } });
      tell({ ...wire.completed("resp_other"), stream_id: "lane-8" });
      own(wire.delta(wordOf(frame)));
      own(wire.completed());
    });
    const { session, notices } = openSession(server.url, { carrier: "websocket" });
    const { events, error } = await readEvents(await session.lane("a").stream(ask("mine")));
    expect(error).toBeUndefined();
    expect(textOf(events)).toBe("mine");
    expect(notices).toEqual([]);
  });

  it("names the lane in the middle of an event with numbers that JSON does not have: the event is that lane's", async () => {
    const server = await answering((_frame, _tell, own, { frames, sockets }) => {
      own(wire.created);
      if (frames.length < 2) return;
      for (const asked of frames) {
        const odd = `"logprobs":[{"logprob":-Infinity},NaN],"stream_id":"${asked.stream_id}","more":{}`;
        sockets[0]?.send(`{"type":"response.output_text.delta",${odd},"delta":${JSON.stringify(wordOf(asked))}}`);
        sockets[0]?.send(JSON.stringify({ ...wire.completed(), stream_id: asked.stream_id }));
      }
    });
    const { session, notices } = openSession(server.url, { carrier: "websocket" });
    const answers = ["a", "b"].map(async (name) => (await session.lane(name).stream(ask(`of ${name}`))).collect());
    expect((await Promise.all(answers)).map(({ text }) => text)).toEqual(["of a", "of b"]);
    expect(notices).toEqual([]);
  });

  it("goes on after the end: the rest is dropped, and the next turn goes on from the answer", async () => {
    const server = await answering((frame, _tell, own, { frames }) => {
      const id = `resp_${frames.length}`;
      own({ type: "response.created", response: { id } });
      own(wire.delta(wordOf(frame)));
      own(item(`msg_${frames.length}`, wordOf(frame)));
      own(wire.completed(id));
      own(wire.delta("late"));
      own(wire.completed(id));
    });
    const { session, notices } = openSession(server.url, { carrier: "websocket" });
    const lane = session.lane("a");
    const first = await (await lane.stream(ask("one"))).collect();
    const second = await (await lane.stream(ask("two", [user("one"), ...first.items]))).collect();
    expect([first.text, second.text]).toEqual(["one", "two"]);
    expect(server.frames[1]).toMatchObject({ previous_response_id: "resp_1", input: [user("two")] });
    expect(notices).toEqual([]);
  });

  it("gives the responses of a lane one id, and ends them without announcing them: each has its own end", async () => {
    const server = await answering((frame, _tell, own) => {
      own(wire.delta(wordOf(frame)));
      own(wire.completed("resp"));
    });
    const { session } = openSession(server.url, { carrier: "websocket" });
    const texts = [];
    for (const word of ["one", "two"]) texts.push((await (await session.stream(ask(word))).collect()).text);
    expect(texts).toEqual(["one", "two"]);
  });

  it.each([
    ["falls silent", undefined],
    ["closes the connection", 1011],
  ])(
    "announces only the first of two responses with one id, and %s after the second's end: the end counts",
    async (_what, code) => {
      const server = await answering((frame, _tell, own, { frames, sockets }) => {
        if (frames.length === 1) own({ type: "response.created", response: { id: "resp" } });
        own(wire.delta(wordOf(frame)));
        own(wire.completed("resp"));
        if (frames.length === 2 && code !== undefined) sockets[0]?.close(code);
      });
      const { session, notices } = openSession(server.url, { carrier: "websocket" });
      const texts = [];
      for (const word of ["one", "two"]) texts.push((await (await session.stream(ask(word))).collect()).text);
      expect(texts).toEqual(["one", "two"]);
      expect(notices).toEqual([]);
      expect(server.frames).toHaveLength(2);
    },
  );

  it("gives two lanes' items the same ids and indices, and mixes their events: each has its own words", async () => {
    const waiting: [Frame, Tell][] = [];
    const server = await answering((frame, _tell, own) => {
      if (wordOf(frame) === "warm") {
        for (const event of [wire.created, wire.delta("warm"), wire.completed()]) own(event);
        return;
      }
      waiting.push([frame, own]);
      if (waiting.length < 2) return;
      const each = (event: (word: string) => object) => {
        for (const [asked, tell] of waiting) tell(event(wordOf(asked)));
      };
      each((word) => ({ type: "response.created", response: { id: `resp_${word}` } }));
      each(() => ({ type: "response.output_item.added", output_index: 3, item: wire.message("", "msg_1") }));
      for (let count = 0; count < 2; count += 1)
        each((word) => ({ ...wire.delta(word), item_id: "msg_1", output_index: 3, content_index: 0 }));
      each((word) => ({
        type: "response.output_item.done",
        output_index: 3,
        item: wire.message(word + word, "msg_1"),
      }));
      each((word) => wire.completed(`resp_${word}`));
    });
    const { session } = openSession(server.url, { carrier: "websocket" });
    const lanes = [session.lane("a"), session.lane("b")];
    await (await lanes[0]?.stream(ask("warm")))?.collect();
    const answers = await Promise.all(lanes.map(async (lane, at) => (await lane.stream(ask(`w${at}`))).collect()));
    expect(answers.map(({ text, responseId }) => [text, responseId])).toEqual([
      ["w0w0", "resp_w0"],
      ["w1w1", "resp_w1"],
    ]);
  });

  it("leaves the name out in the middle, where several run: no lane gets words that may be another's", async () => {
    const waiting: [Frame, Tell, Tell][] = [];
    const server = await answering((frame, tell, own, { sockets }) => {
      if (wordOf(frame) === "warm" || sockets.length > 1) {
        for (const event of [wire.created, wire.delta(wordOf(frame)), wire.completed()]) own(event);
        return;
      }
      waiting.push([frame, tell, own]);
      if (waiting.length < 2) return;
      for (const [, , own] of waiting) own(wire.created);
      for (const [asked, tell] of waiting) tell(wire.delta(wordOf(asked)));
      for (const [, , own] of waiting) own(wire.completed());
    });
    const { session, notices } = openSession(server.url, { carrier: "websocket" });
    const lanes = [session.lane("a"), session.lane("b")];
    await (await lanes[0]?.stream(ask("warm")))?.collect();
    const answers = await Promise.all(lanes.map(async (lane, at) => (await lane.stream(ask(`w${at}`))).collect()));
    expect(answers.map(({ text }) => text)).toEqual(["w0", "w1"]);
    expect(notices.length).toBe(2);
  });

  it("tells the connection's limits without a name: each lane gets it as it comes", async () => {
    const waiting: Tell[] = [];
    const limits = { type: "codex.rate_limits", rate_limits: { primary: { used_percent: 7 } } };
    const server = await answering((frame, tell, own) => {
      own(wire.created);
      if (wordOf(frame) !== "warm") waiting.push(own);
      if (waiting.length === 2) tell(limits);
      if (wordOf(frame) === "warm") own(wire.completed());
      if (waiting.length === 2) for (const each of waiting) each(wire.completed());
    });
    const { session, notices } = openSession(server.url, { carrier: "websocket" });
    const lanes = [session.lane("a"), session.lane("b")];
    await (await lanes[0]?.stream(ask("warm")))?.collect();
    const all = await Promise.all(lanes.map(async (lane) => readEvents(await lane.stream(ask("x")))));
    for (const { events } of all) expect(events.filter(({ type }) => type === "rate_limits")).toHaveLength(1);
    expect(notices).toEqual([]);
  });

  it("refuses a name as invalid: an error of that lane alone, once, with the service's words", async () => {
    const code = "invalid_stream_id";
    const server = await answering((frame, _tell, own) => {
      const error = { type: "invalid_request_error", code, param: "stream_id", message: `No: ${code}.` };
      if (frame.stream_id === "lane-2") return own({ type: "error", status: 400, error });
      for (const event of [wire.created, wire.delta(wordOf(frame)), wire.completed()]) own(event);
    });
    const { session } = openSession(server.url, { carrier: "websocket" });
    const [good, bad] = [session.lane("good"), session.lane("bad")];
    await (await good.stream(ask("warm"))).collect();
    const [answer, refused] = await Promise.allSettled([
      good.stream(ask("fine")).then((stream) => stream.collect()),
      bad.stream(ask("no")).then((stream) => stream.collect()),
    ]);
    expect(answer).toMatchObject({ status: "fulfilled", value: { text: "fine" } });
    expect(refused).toMatchObject({
      status: "rejected",
      reason: { kind: "invalid_request", code, message: `No: ${code}.` },
    });
    expect(server.frames).toHaveLength(3);
  });

  it("never says that a fork's response is in progress: its source waits for the fork's end, and no longer", async () => {
    const order: string[] = [];
    const server = await answering((frame, _tell, own, { frames }) => {
      const id = `resp_${frames.length}`;
      order.push(wordOf(frame));
      own({ type: "response.created", response: { id } });
      const end = () => {
        order.push(`end of ${wordOf(frame)}`);
        own(wire.completed(id));
      };
      if (wordOf(frame) === "fork") setImmediate(end);
      else end();
    });
    const { session } = openSession(server.url, { carrier: "websocket" });
    const source = session.lane("source");
    await (await source.stream(ask("first"))).collect();
    const fork = source.fork();
    const branch = fork.stream(ask("fork", [user("first")])).then((stream) => stream.collect());
    await new Promise(setImmediate);
    await (await source.stream(ask("next", [user("first")]))).collect();
    await branch;
    expect(order.indexOf("next")).toBeGreaterThan(order.indexOf("end of fork"));
    expect(server.frames[2]).toMatchObject({ previous_response_id: "resp_1" });
  });
});

describe("an interruption that is answered", () => {
  const interrupted = (id: string) => ({
    type: "response.incomplete",
    response: { id, incomplete_details: { reason: "interrupted" } },
  });

  it("twice: the second answer ends nothing, and the next request is an increment", async () => {
    const server = await answering((frame, _tell, own, { frames }) => {
      if (frame.type === "response.interrupt") {
        own(item("msg_1", "half"));
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
    const server = await answering((frame, _tell, own, { frames }) => {
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

describe("a connection that ends in the middle of steering", () => {
  it("before the service answered: the input is handed back, and the request is sent again without it", async () => {
    const server = await answering((frame, _tell, own, { sockets }) => {
      if (frame.type === "response.steer") return sockets[0]?.close(1011, "gone");
      own(wire.created);
      own(wire.delta(wordOf(frame)));
      if (sockets.length === 2) own(wire.completed());
    });
    const { session, notices } = openSession(server.url, { carrier: "websocket" });
    const stream = await session.lane("a").stream(ask("one"));
    const said: unknown[] = [];
    let steer: Promise<unknown> | undefined;
    for await (const event of stream)
      if (event.type === "output_text.delta") steer ??= stream.steer("other").catch((error) => void said.push(error));
    await steer;
    expect(said).toMatchObject([{ kind: "steer_failed", code: "response_not_active", input: [user("other")] }]);
    expect(await stream.collect()).toMatchObject({ text: "one", status: "completed" });
    expect(notices).toMatchObject([{ layer: "stream" }]);
    expect(server.frames.map(({ type }) => type)).toEqual(["response.create", "response.steer", "response.create"]);
  });

  it("after the successor's beginning: what stands of the first is sent again, with the input", async () => {
    const server = await answering((frame, _tell, own, { sockets }) => {
      if (frame.type === "response.steer") {
        own({ type: "response.steer.accepted", steer: { id: "steer_1" } });
        own(item("msg_1", "half"));
        own({
          type: "response.incomplete",
          response: { id: "resp_made_up", incomplete_details: { reason: "steered" } },
        });
        own({ type: "response.created", response: { id: "resp_next" } });
        own(wire.delta("lost"));
        sockets[0]?.terminate();
        return;
      }
      own(wire.created);
      own(wire.delta("x"));
      if (sockets.length === 2) own(wire.completed());
    });
    const { session } = openSession(server.url, { carrier: "websocket" });
    const stream = await session.lane("a").stream(ask("one"));
    const deliveries: unknown[] = [];
    for await (const event of stream) {
      if (event.type === "output_text.delta" && deliveries.length === 0) {
        deliveries.push(undefined);
        deliveries[0] = await (await stream.steer("other")).delivery;
      }
    }
    expect(deliveries).toMatchObject([{ status: "delivered", responseId: "resp_next" }]);
    const again = server.frames.at(-1)?.input as ResponseItem[];
    expect(again.map((each) => ("role" in each ? each.role : each.type))).toEqual(["user", "assistant", "user"]);
    expect(again.at(-1)).toEqual(user("other"));
  });
});
