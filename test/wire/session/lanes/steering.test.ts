import { describe, expect, it } from "vitest";
import type { ResponseStream } from "../../../../src/api/responses/stream.ts";
import type { ResponseItem } from "../../../../src/api/wire/items.ts";
import type { Tell } from "../../websocket/plain-server.ts";
import { openSession, user, wire } from "../support.ts";
import { ask, serveLanes, whole, wordOf } from "./support.ts";

describe("steering input", () => {
  async function steering(respond: (own: Tell) => void, input: Parameters<ResponseStream["steer"]>[0]) {
    const server = await serveLanes((frame, own) => {
      if (frame.type === "response.steer") return respond(own);
      own(wire.created);
      own(wire.delta("text"));
    });
    const { session } = openSession(server.url, { carrier: "websocket" });
    const stream = await session.lane("a").stream({ model: "m", input: "one" });
    let outcome: unknown;
    for await (const event of stream) {
      if (event.type !== "output_text.delta" || outcome !== undefined) continue;
      const steer = await stream.steer(input).catch((error: unknown) => error);
      outcome =
        steer instanceof Error
          ? steer
          : await (steer as { delivery: Promise<unknown> }).delivery.catch((error) => error);
    }
    return { outcome, frame: server.frames.find(({ type }) => type === "response.steer"), stream };
  }

  it.each([
    "response_not_found",
    "invalid_input",
    "steering_not_supported",
    "too_many_pending_steers",
    "response_already_completed",
    "response_not_active",
  ])("that is refused as %s is returned with that code, and the answer continues", async (code) => {
    const { outcome, stream } = await steering((own) => {
      own({ type: "response.steer.failed", error: { code }, steer: { input: [user("other")] } });
      own(wire.completed());
    }, "other");
    expect(outcome).toMatchObject({ kind: "steer_failed", code, input: [user("other")] });
    expect(await stream.collect()).toMatchObject({ text: "text", status: "completed" });
  });

  it("may be texts, images, files and outputs of calls; the frame contains them unchanged, and no lane name", async () => {
    const content = [
      { type: "input_text", text: "look" },
      { type: "input_image", image_url: "data:image/png;base64,AAAA" },
      { type: "input_file", file_id: "file_1" },
    ] as const;
    const input: ResponseItem[] = [
      { type: "message", role: "user", content: [...content] },
      { type: "function_call_output", call_id: "call_1", output: "done" },
    ];
    const { frame, outcome } = await steering((own) => {
      own({ type: "response.steer.accepted", steer: { id: "steer_1", previous_response_id: "resp_made_up" } });
      own({ type: "response.incomplete", response: { id: "resp_made_up", incomplete_details: { reason: "steered" } } });
      whole(own, "resp_next", "next");
    }, input);
    expect(frame).toEqual({ type: "response.steer", previous_response_id: "resp_made_up", input });
    expect(outcome).toEqual({ status: "delivered", responseId: "resp_next" });
  });
});

describe("a connection that ends in the middle of steering", () => {
  it("before the service answered: the input is returned, and the request is sent again without it", async () => {
    const server = await serveLanes((frame, own, { sockets }) => {
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

  it("after the successor began: the valid part of the first response is sent again, with the input", async () => {
    const server = await serveLanes((frame, own, { sockets }) => {
      if (frame.type === "response.steer") {
        own({ type: "response.steer.accepted", steer: { id: "steer_1" } });
        own(wire.done(wire.message("half", "msg_1")));
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

it("a reader who leaves before the service has answered leaves the connection, too: another response may follow there", async () => {
  const answers: Record<string, (own: Tell, id: string) => void> = {
    stays: (own, id) => own({ type: "response.created", response: { id } }),
    one: (own, id) => {
      own({ type: "response.created", response: { id } });
      own(wire.delta("one"));
    },
    two: (own, id) => {
      if (server.sockets.length === 1) whole(own, "resp_other", "other"); // the lane's responses come one after the other
      whole(own, id, "two");
    },
  };
  const server = await serveLanes((frame, own, _server, tell) => {
    if (frame.type !== "response.steer") return answers[wordOf(frame)]?.(own, `resp_${server.frames.length}`);
    const steered = (event: object) => tell({ ...event, stream_id: "lane-1" });
    steered({ type: "response.steer.accepted", steer: { id: "steer_1", previous_response_id: "resp_2" } });
    steered({ type: "response.incomplete", response: { id: "resp_2", incomplete_details: { reason: "steered" } } });
    tell(wire.delta("read so far"));
  });
  const { session } = openSession(server.url, { carrier: "websocket" });
  const stays = (await session.stream(ask("stays")))[Symbol.asyncIterator]();
  await stays.next();
  const lane = session.lane("a");
  const stream = await lane.stream(ask("one"));
  for await (const event of stream)
    if (event.type === "output_text.delta") {
      stream.steer("other").catch(() => {});
      break;
    }
  expect(await stays.next()).toMatchObject({ value: { delta: "read so far" } });
  expect((await (await lane.stream(ask("two"))).collect()).text).toBe("two");
  await stays.return?.();
});

const LATE: [string, readonly object[]][] = [
  [
    "another response, to input whose fate its reader did not wait for",
    [
      { type: "response.steer.accepted", steer: { id: "steer_1", previous_response_id: "resp_1" } },
      { type: "response.incomplete", response: { id: "resp_1", incomplete_details: { reason: "steered" } } },
      { type: "response.created", response: { id: "resp_next" } },
      { ...wire.delta("next"), item_id: "msg_next" },
    ],
  ],
  ["that it was not steered", [wire.completed("resp_1"), { type: "response.steer.failed", error: { code: "late" } }]],
  [
    "that the other response failed",
    [
      { type: "response.steer.accepted", steer: { id: "steer_1", previous_response_id: "resp_1" } },
      { type: "response.incomplete", response: { id: "resp_1", incomplete_details: { reason: "steered" } } },
      { type: "error", status: 500, error: { code: "server_error", message: "of nobody" } },
    ],
  ],
  ["more of what is over", [wire.completed("resp_1"), wire.completed("resp_1")]],
];
it.each(LATE.flatMap(([what, late]) => [1, 2].map((count) => [what, late, count] as const)))(
  "what the service says late of the session's own conversation is no answer to a lane, and ends none: %s (%#)",
  async (_what, late, count) => {
    const waiting: (() => void)[] = [];
    const server = await serveLanes((frame, own, _server, tell) => {
      if (frame.type === "response.steer") {
        for (const event of late) tell(event);
        for (const answer of waiting) answer();
        return;
      }
      const id = `resp_${server.frames.length}`;
      own({ type: "response.created", response: { id } });
      if (wordOf(frame) === "main") own(wire.delta("main"));
      else waiting.push(() => whole(own, id, wordOf(frame)));
    });
    const { session, notices } = openSession(server.url, { carrier: "websocket" });
    const stream = await session.stream(ask("main"));
    const events = stream[Symbol.asyncIterator]();
    await events.next();
    const names = ["a", "b"].slice(0, count);
    const lanes = names.map(async (name) => (await session.lane(name).stream(ask(name))).collect());
    while (waiting.length < count) await new Promise(setImmediate);
    stream.steer("other").catch(() => {});
    await events.return?.();
    expect((await Promise.all(lanes)).map(({ text }) => text)).toEqual(names);
    expect(notices).toEqual([]);
  },
);
