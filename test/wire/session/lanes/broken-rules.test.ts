import { describe, expect, it } from "vitest";
import { readEvents, textOf } from "../../../support/clients.ts";
import type { Frame, Tell } from "../../websocket/plain-server.ts";
import { openSession, user, wire } from "../support.ts";
import { ask, serveLanes, wordOf } from "./support.ts";

describe("a server that breaks a rule of lanes", () => {
  it("sends events with unknown names, including errors: they belong to no lane, and the lane's answer is complete", async () => {
    const server = await serveLanes((frame, own, _server, tell) => {
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

  it("names the lane in the middle of an event with numbers that JSON does not have: the event belongs to that lane", async () => {
    const server = await serveLanes((_frame, own, { frames, sockets }) => {
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

  it("damages an event and goes on: what follows belongs to no other answer, while other lanes run", async () => {
    let finish = () => {};
    const server = await serveLanes((frame, own, { sockets }) => {
      const { stream_id } = frame;
      const id = `resp_${server.frames.length}`;
      own({ type: "response.created", response: { id } });
      if (wordOf(frame) === "stays") {
        finish = () => {
          for (const event of [wire.delta("stays"), wire.completed(id)]) own(event);
        };
        return;
      }
      if (server.frames.length === 2) {
        sockets[0]?.send(`{"type":"response.output_text.delta","delta":"x,"stream_id":"${stream_id}"}`);
        damaged = own;
        return;
      }
      // The service answers the requests of a lane one after the other.
      for (const event of [wire.delta("lost"), wire.done(wire.message("lost", "msg_lost")), wire.completed("resp_2")])
        damaged(event);
      for (const event of [wire.delta("again"), wire.done(wire.message("again")), wire.completed(id)]) own(event);
      finish();
    });
    let damaged: Tell = () => {};
    const { session } = openSession(server.url, { carrier: "websocket" });
    const stays = session.stream(ask("stays")).then((stream) => stream.collect());
    const lane = session.lane("a");
    const { items, text } = await (await lane.stream(ask("one"))).collect();
    expect([text, items.length]).toEqual(["again", 1]);
    expect((await stays).text).toBe("stays");
    expect(server.frames[2]?.stream_id).not.toBe(server.frames[1]?.stream_id);
    expect(server.sockets).toHaveLength(1);
  });

  it("continues after the end: the rest is dropped, and the next turn continues the answer", async () => {
    const server = await serveLanes((frame, own, { frames }) => {
      const id = `resp_${frames.length}`;
      own({ type: "response.created", response: { id } });
      own(wire.delta(wordOf(frame)));
      own(wire.done(wire.message(wordOf(frame), `msg_${frames.length}`)));
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
    const server = await serveLanes((frame, own) => {
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
      const server = await serveLanes((frame, own, { frames, sockets }) => {
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

  it("gives items of two lanes the same ids and indices, and mixes their events: each lane has its own text", async () => {
    const waiting: [Frame, Tell][] = [];
    const server = await serveLanes((frame, own) => {
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

  it("omits the name in the middle while several lanes run: no lane gets text that may be another's", async () => {
    const waiting: [Frame, Tell, Tell][] = [];
    const server = await serveLanes((frame, own, { sockets }, tell) => {
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

  it("reports the connection's limits without a name: each lane gets the event", async () => {
    const waiting: Tell[] = [];
    const limits = { type: "codex.rate_limits", rate_limits: { primary: { used_percent: 7 } } };
    const server = await serveLanes((frame, own, _server, tell) => {
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

  it("refuses a name as invalid: an error of that lane only, once, with the service's text", async () => {
    const code = "invalid_stream_id";
    const server = await serveLanes((frame, own) => {
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

  it("never reports a fork's response as in progress: its source waits until the fork's end", async () => {
    const order: string[] = [];
    const server = await serveLanes((frame, own, { frames }) => {
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
