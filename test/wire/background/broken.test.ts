import { describe, expect, it } from "vitest";
import type { RecordedRequest, Step } from "../../../src/emulator/index.ts";
import type { CodexApiError, ResponseEvent } from "../../../src/index.ts";
import { asked, hurriedClock, ofResponse, read, stage } from "./support.ts";

const isStream = ({ method, path }: RecordedRequest) => method === "GET" && path.includes("stream=true");
const isAsk = ({ method, path }: RecordedRequest) => method === "GET" && !path.includes("stream=true");

/** The first connection is cut; of the requests after it `later` decides. */
function cutOnce(first: Step, later: (request: RecordedRequest) => Step | undefined = () => undefined) {
  return (request: RecordedRequest) => (request.method === "POST" ? first : later(request));
}

/** An answer that streams, of a response that the emulator does not know. */
function streamOf(events: readonly object[]): Step {
  return streamOfTexts(...events.map((event) => JSON.stringify(event)));
}

function streamOfTexts(...events: readonly string[]): Step {
  const body = events.map((event) => `data: ${event}\n\n`).join("");
  return { status: 200, headers: { "content-type": "text/event-stream" }, body };
}

const resumedIn = (events: readonly ResponseEvent[]) => events.filter((event) => event.type === "resumed");
const textIn = (events: readonly ResponseEvent[]) =>
  events.map((event) => (event.type === "output_text.delta" ? event.delta : "")).join("");

async function failing(stream: AsyncIterable<ResponseEvent>): Promise<CodexApiError & Record<string, unknown>> {
  try {
    await read(stream);
  } catch (error) {
    return error as CodexApiError & Record<string, unknown>;
  }
  throw new Error("the stream did not fail");
}

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
    expect(textIn(events)).toBe("1, 2, 3, 4, 5, 6, 7, 8, 9");
    expect(resumedIn(events).length).toBeGreaterThan(10);
    const dead = await stage({ script: perConnection(0) }, provider);
    const error = await failing(await dead.api.responses.stream(asked("count to 9")));
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
    const error = await failing(await api.responses.stream(asked("count to 9")));
    expect(error).toMatchObject({ outlook: "again", partial: { text: expect.stringMatching(/^1/) } });
    expect(emulator.requests).toHaveLength(1);
  });

  it("fails as unsafe to ask again before the response has told its id", async () => {
    const { api, generations, notices } = await stage({ script: cutOnce({ terminateAfterEvents: 0 }) });
    const error = await failing(await api.responses.stream(asked("count to 9")));
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
    expect(textIn(events)).toBe("abc");
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

describe("where the service does not stream again", () => {
  const reading = async (cut: number, prompt = "count to 9") => {
    const staged = await stage(
      { script: cutOnce({ resetAfterEvents: cut, pace: { delayMsPerWord: 5 } }), backgroundStreamableMs: 0 },
      {},
      { clock: hurriedClock },
    );
    const stream = await staged.api.responses.stream(asked(prompt));
    const events = await read(stream);
    return { ...staged, events, stream };
  };

  it("asks until it is done, and brings the rest of the text as one delta, then the item, then the end", async () => {
    const { events, emulator, generations, stream } = await reading(8);
    expect(textIn(events)).toBe("1, 2, 3, 4, 5, 6, 7, 8, 9");
    const from = events.findIndex(({ type }) => type === "resumed");
    expect(events[from]).toMatchObject({ by: "polling" });
    expect(events.slice(from + 1).map(({ type }) => type)).toEqual([
      "output_text.delta",
      "output_item.done",
      "completed",
    ]);
    expect(emulator.requests.filter(isAsk)).not.toHaveLength(0);
    expect(emulator.requests.filter(isStream)).toHaveLength(1);
    expect(generations()).toBe(1);
    expect(stream.position).toMatchObject({ finished: [0], underWay: {} });
  });

  it("asks again for as long as the response runs", async () => {
    const running = { id: "resp_1", status: "in_progress", output: [] };
    const message = { type: "message", role: "assistant", content: [{ type: "output_text", text: "done" }] };
    const answers: readonly object[] = [running, running, { ...running, status: "completed", output: [message] }];
    let asks = 0;
    const script = cutOnce(
      { events: [{ type: "response.created", sequence_number: 0, response: running }] },
      (request) => (isStream(request) ? { status: 400, body: {} } : { status: 200, body: answers[asks++] ?? {} }),
    );
    const { api, emulator } = await stage({ script }, {}, { clock: hurriedClock });
    const events = await read(await api.responses.stream(asked("x")));
    expect(textIn(events)).toBe("done");
    expect(emulator.requests.filter(isAsk)).toHaveLength(3);
  });

  it("brings nothing twice, wherever it broke", async () => {
    for (let cut = 1; cut <= 24; cut += 1) {
      const { events } = await reading(cut);
      expect(textIn(events), `cut after ${cut}`).toBe("1, 2, 3, 4, 5, 6, 7, 8, 9");
      expect(
        events.filter(({ type }) => type === "output_item.done"),
        `cut after ${cut}`,
      ).toHaveLength(1);
    }
  });

  it("goes on asking when one answer fails", async () => {
    let asks = 0;
    const { api, notices } = await stage(
      {
        script: cutOnce({ resetAfterEvents: 4 }, (request) => {
          if (!isAsk(request)) return undefined;
          asks += 1;
          return asks === 1 ? { status: 502 } : undefined;
        }),
        backgroundStreamableMs: 0,
      },
      { retry: { maxRetries: 0 } },
      { clock: hurriedClock },
    );
    expect((await api.responses.create(asked("count to 9"))).text).toBe("1, 2, 3, 4, 5, 6, 7, 8, 9");
    expect(notices.map(({ layer }) => layer)).toEqual(["resume", "resume"]);
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

describe("what a stream says of itself and not of its response", () => {
  const response = { id: "resp_1", status: "in_progress", output: [] };
  const created = { type: "response.created", sequence_number: 0, response };
  const completed = { type: "response.completed", sequence_number: 1, response: { ...response, status: "completed" } };

  it("that it broke, is a reason to take it up again", async () => {
    const broke = { type: "error", error: { code: "server_error", message: "Try again." } };
    const { api, notices } = await stage({
      script: (request) => (request.method === "POST" ? { events: [created, broke] } : streamOf([completed])),
    });
    const events = await read(await api.responses.stream(asked("x")));
    expect(ofResponse(events).map(({ type }) => type)).toEqual(["created", "completed"]);
    expect(notices).toMatchObject([{ layer: "resume", reason: { kind: "retryable" } }]);
  });

  it("that it broke, without a type, is the same reason", async () => {
    const { api } = await stage({
      script: (request) =>
        request.method === "POST" ? { events: [created, { error: { message: "Try again." } }] } : streamOf([completed]),
    });
    const events = await read(await api.responses.stream(asked("x")));
    expect(ofResponse(events).map(({ type }) => type)).toEqual(["created", "completed"]);
  });

  it("that the request was wrong, ends it", async () => {
    const wrong = { type: "error", error: { code: "invalid_prompt", message: "No." } };
    const { api, emulator } = await stage({ script: () => ({ events: [created, wrong] }) });
    expect(await failing(await api.responses.stream(asked("x")))).toMatchObject({ kind: "invalid_request" });
    expect(emulator.requests).toHaveLength(1);
  });

  const pieces = (...texts: readonly string[]) =>
    texts.map((text, index) => `{"type":"response.output_text.delta","sequence_number":${index + 1},"delta":${text}}`);
  const end = JSON.stringify({ ...completed, sequence_number: 3 });

  // parity: stream/damaged-event
  it("in an event that came damaged, comes whole when it is taken up again", async () => {
    const [first = "", second = ""] = pieces('"one "', '"two"');
    const { api, notices } = await stage({
      script: (request) =>
        request.method === "POST"
          ? streamOfTexts(JSON.stringify(created), first, second.slice(0, -2))
          : isStream(request)
            ? streamOfTexts(second, end)
            : { status: 200, body: response },
    });
    const events = await read(await api.responses.stream(asked("x")));
    expect(textIn(events)).toBe("one two");
    expect(notices).toMatchObject([{ layer: "resume", reason: { code: "damaged_event" } }]);
  });

  // parity: stream/odd-numbers
  it("in an event with numbers that are none, is taken once", async () => {
    const [first = "", second = ""] = pieces('"one ","logprobs":[{"logprob":-Infinity}]', '"two"');
    const { api, emulator } = await stage({ script: () => streamOfTexts(JSON.stringify(created), first, second, end) });
    const events = await read(await api.responses.stream(asked("x")));
    expect(textIn(events)).toBe("one two");
    expect(emulator.requests).toHaveLength(1);
  });

  it("what is no event, is left out, and has no number to lose", async () => {
    const { api } = await stage({
      script: () => ({
        raw: `data: [DONE]\n\n${[created, { type: "keepalive" }, completed].map((each) => `data: ${JSON.stringify(each)}\n\n`).join("")}`,
        headers: { "content-type": "text/event-stream" },
      }),
    });
    const events = await read(await api.responses.stream(asked("x")));
    expect(ofResponse(events).map(({ type }) => type)).toEqual(["created", "completed"]);
  });

  it("that it is over in a way that nobody knows, is an error that names it", async () => {
    const { api } = await stage({
      script: cutOnce({ events: [created], terminateAfterEvents: 1 }, (request) =>
        isStream(request) ? { status: 400, body: {} } : { status: 200, body: { ...response, status: "evaporated" } },
      ),
    });
    expect(await failing(await api.responses.stream(asked("x")))).toMatchObject({
      kind: "protocol",
      message: "response resp_1 ended with an unknown status: evaporated",
    });
  });

  it.each([
    ["id", { status: "completed" }],
    ["status", { id: "resp_1" }],
  ])("without %s when it is asked for, cannot be read", async (name, body) => {
    const { api } = await stage({ script: () => ({ status: 200, body }) });
    await expect(api.responses.retrieve("resp_1")).rejects.toMatchObject({
      kind: "protocol",
      message: `failed to decode a stored response: it has no ${name}`,
    });
  });
});

describe("a response that ends otherwise", () => {
  it("is cancelled by somebody else: an error of its own, with what was received", async () => {
    const { api } = await stage({ pace: { delayMsPerWord: 20 } });
    const stream = await api.responses.stream(asked("count to 50"));
    const events: ResponseEvent[] = [];
    const error = await (async () => {
      try {
        for await (const event of stream) {
          events.push(event);
          if (events.filter(({ type }) => type === "output_text.delta").length === 5)
            await api.responses.cancel(stream.position?.responseId ?? "");
        }
      } catch (reason) {
        return reason;
      }
      return undefined;
    })();
    expect(error).toMatchObject({ kind: "cancelled", responseId: stream.position?.responseId, outlook: "never" });
    expect((error as { partial: { text: string } }).partial.text).toMatch(/^1, 2, 3/);
  });

  it("is gone: an error of its own, at once", async () => {
    const { api, emulator } = await stage({
      script: cutOnce({ resetAfterEvents: 3 }, (request) =>
        isStream(request)
          ? { status: 404, body: { error: { message: "not found", code: "response_not_found" } } }
          : undefined,
      ),
    });
    const error = await failing(await api.responses.stream(asked("count to 9")));
    expect(error).toMatchObject({ kind: "response_gone", responseId: expect.stringMatching(/^resp_/), replay: "safe" });
    expect(emulator.requests).toHaveLength(2);
  });

  it("fails and is incomplete as any response", async () => {
    const failed = await stage({
      script: cutOnce({ resetAfterEvents: 2, failed: { code: "server_error", message: "no" } }),
    });
    expect(await failing(await failed.api.responses.stream(asked("x")))).toMatchObject({ kind: "retryable" });
    expect(failed.generations()).toBe(1);
    const incomplete = await stage({ script: cutOnce({ resetAfterEvents: 2, incomplete: "max_output_tokens" }) });
    const answer = await incomplete.api.responses.create(asked("x"), { incomplete: "end" });
    expect(answer.status).toBe("incomplete");
  });
});
