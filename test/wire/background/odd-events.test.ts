import { describe, expect, it } from "vitest";
import { textOf } from "../../support/clients.ts";
import { errorOf } from "../../support/transport.ts";
import { asked, cutOnce, isStream, ofResponse, read, stage, streamOf, streamOfTexts } from "./support.ts";

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

  it("that it cannot be taken up, as its first event, leads to asking for the state of the response", async () => {
    const refusal = { object: "error", type: "BadRequestError", message: "cannot stream this", code: 400 };
    const { api, emulator } = await stage({
      script: (request) =>
        request.method === "POST"
          ? { events: [created], terminateAfterEvents: 1 }
          : isStream(request)
            ? streamOf([refusal])
            : { status: 200, body: { ...response, status: "completed" } },
    });
    const events = await read(await api.responses.stream(asked("x")));
    expect(ofResponse(events).map(({ type }) => type)).toEqual(["created", "completed"]);
    expect(emulator.requests.map(({ method }) => method)).toEqual(["POST", "GET", "GET"]);
  });

  it("nothing, because it is a page, is what the error says, with the id of its request", async () => {
    const page = {
      raw: "<html><title>Sign in</title>",
      headers: { "content-type": "text/html", "x-request-id": "req_7" },
    };
    const { api, emulator } = await stage({ script: () => page });
    expect(await errorOf(read(await api.responses.stream(asked("x"))))).toMatchObject({
      ...{ kind: "protocol", requestId: "req_7", message: expect.stringContaining("Sign in") },
    });
    expect(emulator.requests).toHaveLength(1);
  });

  it("that the request was wrong, ends it", async () => {
    const wrong = { type: "error", error: { code: "invalid_prompt", message: "No." } };
    const { api, emulator } = await stage({ script: () => ({ events: [created, wrong] }) });
    expect(await errorOf(read(await api.responses.stream(asked("x"))))).toMatchObject({ kind: "invalid_request" });
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
    expect(textOf(events)).toBe("one two");
    expect(notices).toMatchObject([{ layer: "resume", reason: { code: "damaged_event" } }]);
  });

  // parity: stream/odd-numbers
  it("in an event with numbers that are none, is taken once", async () => {
    const [first = "", second = ""] = pieces('"one ","logprobs":[{"logprob":-Infinity}]', '"two"');
    const { api, emulator } = await stage({ script: () => streamOfTexts(JSON.stringify(created), first, second, end) });
    const events = await read(await api.responses.stream(asked("x")));
    expect(textOf(events)).toBe("one two");
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
    expect(await errorOf(read(await api.responses.stream(asked("x"))))).toMatchObject({
      kind: "protocol",
      message: "response resp_1 ended with an unknown status: evaporated",
    });
  });

  it("without a status when it is asked for, cannot be read", async () => {
    const { api } = await stage({ script: () => ({ status: 200, body: { id: "resp_1" } }) });
    await expect(api.responses.retrieve("resp_1")).rejects.toMatchObject({
      kind: "protocol",
      message: expect.stringContaining("failed to decode a stored response: it has no status"),
    });
  });

  // parity: stream/id-may-be-missing
  it("without an id when it is asked for, has the id that was asked for", async () => {
    const body = { id: null, status: "failed", output: null, usage: null, error: "It broke." };
    const { api } = await stage({ script: () => ({ status: 200, body }) });
    expect(await api.responses.retrieve("resp_1")).toEqual({
      ...{ responseId: "resp_1", status: "failed", items: [], text: "", error: { message: "It broke." }, wire: body },
    });
    await expect(api.responses.start({ model: "m", input: "q" })).rejects.toMatchObject({ message: "It broke." });
  });
});
