import { describe, expect, it } from "vitest";
import type { ResponseStream } from "../../../src/api/responses/stream.ts";
import type { ResponsesSession } from "../../../src/api/session/session.ts";
import type { ResponseItem } from "../../../src/api/wire/items.ts";
import { emulate } from "../../support/clients.ts";
import { type Frame, serveWebSocket, type Tell } from "../websocket/plain-server.ts";
import { connect } from "../websocket/responses-support.ts";
import { bodiesAt, handshakesAt, openSession, user, wire } from "./support.ts";

type Speaker = Pick<ResponsesSession, "stream">;

/** A server's side: what it sends for a request, on the request's lane. */
async function serve(respond: (frame: Frame, own: Tell, nth: number) => void, headers?: Record<string, string>) {
  let asked = 0;
  return serveWebSocket((frame, tell) => {
    const { stream_id } = frame;
    asked += 1;
    respond(frame, (event) => tell(stream_id === undefined ? event : { ...event, stream_id }), asked);
  }, headers);
}

function whole(own: Tell, id: string, text: string): void {
  own({ type: "response.created", response: { id } });
  own(wire.delta(text));
  own(wire.done(wire.message(text, `msg_${id}`)));
  own(wire.completed(id));
}

async function say(speaker: Speaker, history: ResponseItem[], text: string) {
  history.push(user(text));
  const answer = await (await speaker.stream({ model: "m", input: history })).collect();
  history.push(...answer.items);
  return answer;
}

const ORPHAN = { type: "function_call_output", call_id: "nobody's", output: "" } as const;

describe("the last response of a lane", () => {
  it("survives the error of a fork, and not one of the lane itself: then the next request is whole", async () => {
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
    const server = await serve((frame, own, nth) => {
      if (JSON.stringify(frame.input).includes("slow")) {
        own({ type: "response.created", response: { id: "resp_slow" } });
        tellOther.push(own);
      } else if (frame.previous_response_id === undefined) whole(own, `resp_${nth}`, "fine");
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

it("a connection that is too old takes no further request, and ends when its last lane is answered", async () => {
  const running: Tell[] = [];
  const server = await serve((frame, own, nth) => {
    if (JSON.stringify(frame.input).includes("slow")) running.push(own);
    else whole(own, `resp_${nth}`, "fine");
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

describe("a server that says in its handshake how large a message may be", () => {
  const LARGE = user("x".repeat(2_000));
  const headers = { "x-codex-websocket-max-message-bytes": "1000" };
  const answer = () => serve((_frame, own, nth) => whole(own, `resp_${nth}`, "fine"), headers);

  it("gets no larger one of a session that uses WebSockets only: a build error, and the lanes go on", async () => {
    const server = await answer();
    const { session } = openSession(server.url, { carrier: "websocket" });
    await say(session, [], "one");
    const large = session.stream({ model: "m", input: [LARGE] });
    await expect(large).rejects.toMatchObject({ kind: "build", message: expect.stringContaining("1000 bytes") });
    expect((await say(session.lane("a"), [], "two")).text).toBe("fine");
    expect(server.frames).toHaveLength(2);
    expect(server.sockets).toHaveLength(1);
  });

  it("gets none of a connection: a limit error, and the connection stays", async () => {
    const server = await answer();
    const connection = await connect(server.url);
    expect(connection.maxMessageBytes).toBe(1_000);
    await expect(connection.stream({ model: "m", input: [LARGE] })).rejects.toMatchObject({
      kind: "limit",
      what: "request",
      limit: 1_000,
      replay: "safe",
    });
    expect((await (await connection.stream({ model: "m", input: "one" })).collect()).text).toBe("fine");
  });
});

describe("steering input", () => {
  async function steering(respond: (own: Tell) => void, input: Parameters<ResponseStream["steer"]>[0]) {
    const server = await serve((frame, own) => {
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
  ])("that is refused as %s comes back with that code, and the answer goes on", async (code) => {
    const { outcome, stream } = await steering((own) => {
      own({ type: "response.steer.failed", error: { code }, steer: { input: [user("other")] } });
      own(wire.completed());
    }, "other");
    expect(outcome).toMatchObject({ kind: "steer_failed", code, input: [user("other")] });
    expect(await stream.collect()).toMatchObject({ text: "text", status: "completed" });
  });

  it("may be texts, images, files and outputs of calls; the frame has them as they are, and no name of a lane", async () => {
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
