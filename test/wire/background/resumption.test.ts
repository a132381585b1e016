import { describe, expect, it } from "vitest";
import type { CodexApiError } from "../../../src/index.ts";
import { textOf } from "../../support/clients.ts";
import { errorOf } from "../../support/transport.ts";
import { asked, cutOnce, hurriedClock, isStream, ofResponse, read, resumedIn, stage, streamOf } from "./support.ts";

describe("a background stream that breaks", () => {
  // parity: background/resumed
  it("goes on behind its last event, announced, and collects to the whole answer", async () => {
    const { api, notices, emulator } = await stage({ script: cutOnce({ resetAfterEvents: 6 }) });
    const stream = await api.responses.stream(asked("count to 9"));
    const answer = await stream.collect();
    expect(answer).toMatchObject({ text: "1, 2, 3, 4, 5, 6, 7, 8, 9", status: "completed" });
    expect(notices).toMatchObject([{ layer: "resume", retry: 1, maxRetries: 5 }]);
    expect(emulator.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /v1/responses",
      `GET /v1/responses/${answer.responseId}?stream=true&starting_after=5`,
    ]);
  });

  it("tells of it by `resumed`, and never by `restarted`", async () => {
    const { api } = await stage({ script: cutOnce({ terminateAfterEvents: 6 }) });
    const events = await read(await api.responses.stream(asked("count to 9")));
    expect(resumedIn(events)).toMatchObject([{ type: "resumed", retry: 1, reason: "stream", by: "stream" }]);
    expect(events.some(({ type }) => type === "restarted")).toBe(false);
  });

  it("refills its budget with every event, and spends it where none comes", async () => {
    const perConnection = (events: number) =>
      cutOnce({ resetAfterEvents: 1 }, (request) =>
        isStream(request) ? { resetAfterEvents: events } : { status: 500 },
      );
    const provider = { maxStreamRetries: 2, retry: { maxRetries: 0 } };
    const lively = await stage({ script: perConnection(1) }, provider);
    const events = await read(await lively.api.responses.stream(asked("count to 9")));
    expect(textOf(events)).toBe("1, 2, 3, 4, 5, 6, 7, 8, 9");
    expect(resumedIn(events).length).toBeGreaterThan(10);
    const dead = await stage({ script: perConnection(0) }, provider);
    const error = await errorOf(read(await dead.api.responses.stream(asked("count to 9"))));
    expect(error).toMatchObject({ kind: "http", status: 500 });
    expect(dead.notices.map(({ retry }) => retry)).toEqual([1, 2]);
    expect(dead.generations()).toBe(1);
  });

  it("is taken up when it falls silent, and not for a silence while its reader rests", async () => {
    const { api, notices } = await stage({ script: cutOnce({ stallAfterEvents: 6 }) }, { streamIdleTimeoutMs: 150 });
    const answer = await api.responses.create(asked("count to 9"));
    expect(answer.text).toBe("1, 2, 3, 4, 5, 6, 7, 8, 9");
    expect(notices.map(({ reason }) => (reason as CodexApiError).kind)).toEqual(["timeout"]);
  });

  it("is not taken up where the policy allows no retry of a stream", async () => {
    const { api, emulator } = await stage({ script: cutOnce({ resetAfterEvents: 6 }) }, { maxStreamRetries: 0 });
    const error = await errorOf(read(await api.responses.stream(asked("count to 9"))));
    expect(error).toMatchObject({ outlook: "again", partial: { text: expect.stringMatching(/^1/) } });
    expect(emulator.requests).toHaveLength(1);
  });

  it("fails as unsafe to ask again before the response has told its id", async () => {
    const { api, generations, notices } = await stage({ script: cutOnce({ terminateAfterEvents: 0 }) });
    const error = await errorOf(read(await api.responses.stream(asked("count to 9"))));
    expect(error).toMatchObject({ kind: "stream", replay: "unsafe" });
    expect(generations()).toBe(1);
    expect(notices).toEqual([]);
  });

  it("takes an event that came twice once, and asks again for one that never came", async () => {
    const at = (number: number, delta: string) => ({
      type: "response.output_text.delta",
      sequence_number: number,
      output_index: 0,
      content_index: 0,
      delta,
    });
    const response = { id: "resp_1", status: "completed", output: [] };
    const created = { type: "response.created", sequence_number: 0, response };
    const rest = [at(2, "b"), at(3, "c"), { type: "response.completed", sequence_number: 4, response }];
    const { api, emulator } = await stage({
      script: (request) =>
        request.method === "POST"
          ? { events: [created, at(1, "a"), at(1, "a"), created, at(3, "c")] }
          : streamOf([at(1, "a"), ...rest]),
    });
    const events = await read(await api.responses.stream(asked("x")));
    expect(textOf(events)).toBe("abc");
    expect(emulator.requests[1]?.path).toContain("starting_after=1");
  });

  it("spends its budget where every connection ends within the same event", async () => {
    const delta = { type: "response.output_text.delta", output_index: 0, content_index: 0, delta: "x" };
    const created = { type: "response.created", sequence_number: 0, response: { id: "resp_1" } };
    const cut = `data: ${JSON.stringify({ ...delta, sequence_number: 1 })}\n`; // and no blank line
    const { api, emulator } = await stage(
      {
        script: (request) =>
          request.method === "POST"
            ? { events: [created] }
            : isStream(request)
              ? { status: 200, headers: { "content-type": "text/event-stream" }, body: cut }
              : {
                  status: 200,
                  body: {
                    id: "resp_1",
                    status: emulator.requests.length < 40 ? "in_progress" : "completed",
                    output: [],
                  },
                },
      },
      { maxStreamRetries: 2 },
      { clock: hurriedClock },
    );
    const resumed = resumedIn(await read(await api.responses.stream(asked("x"))));
    expect(resumed.map((event) => event.type === "resumed" && event.by)).toEqual(["stream", "stream", "polling"]);
  });

  it("does not ask for ever for a number that the service never gives", async () => {
    const response = { id: "resp_1", status: "completed", output: [] };
    const created = { type: "response.created", sequence_number: 0, response };
    const completed = { type: "response.completed", sequence_number: 5, response };
    const { api, emulator } = await stage({
      script: (request) => (request.method === "POST" ? { events: [created, completed] } : streamOf([completed])),
    });
    expect(ofResponse(await read(await api.responses.stream(asked("x")))).map(({ type }) => type)).toEqual([
      "created",
      "completed",
    ]);
    expect(emulator.requests).toHaveLength(2);
  });
});

describe("a reader that rests", () => {
  it("holds the connection back, also one that broke meanwhile and was taken up", async () => {
    const long = { items: [], answer: "word ".repeat(40_000) };
    const { api, generations } = await stage({
      script: (request) =>
        request.method === "POST" ? { ...long, resetAfterEvents: 20_000 } : isStream(request) ? {} : undefined,
    });
    const stream = await api.responses.stream(asked("x"));
    let text = "";
    for await (const event of stream) {
      if (event.type !== "output_text.delta") continue;
      text += event.delta;
      if (text.length % 50_000 === 0) await new Promise<void>((resolve) => setImmediate(resolve));
    }
    expect(text).toBe(long.answer);
    expect(generations()).toBe(1);
  });
});
