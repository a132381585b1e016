// What the page shows for the server's data.
import { describe, expect, it } from "vitest";
import { curlOf } from "../../../src/emulator/workbench/page/curl.js";
import { type Message, Model } from "../../../src/emulator/workbench/page/model.js";
import type { Entry, Head } from "../../../src/emulator/workbench/page/row.js";

const head = (more: Partial<Head>): Head => ({
  carrier: "http",
  method: "POST",
  path: "/v1/responses",
  headers: [],
  body: "",
  connection: 1,
  ...more,
});

function modelOf(given: Partial<Head>, entries: readonly Entry[]): Model {
  const model = new Model();
  const messages: Message[] = [{ id: 1, begunAt: 0, head: head(given) }, ...entries.map((entry) => ({ id: 1, entry }))];
  model.take(messages);
  return model;
}

const received = (atMs: number, event: object): Entry => ({ kind: "received", atMs, data: JSON.stringify(event) });
const sent = (atMs: number, event: object): Entry => ({ kind: "sent", atMs, data: JSON.stringify(event) });

describe("the page's model", () => {
  it("makes a row of an HTTP request: its text, rate, silences and usage", () => {
    const delta = (atMs: number, text: string): Entry => {
      const type = "response.output_text.delta";
      return { kind: "event", atMs, type, data: JSON.stringify({ type, delta: text }) };
    };
    const usage = { input_tokens: 1, output_tokens: 3 };
    const done = { type: "response.completed", response: { usage } };
    const { rows } = modelOf({ body: '{"input":[{"content":[{"text":"hello"}]}],"model":"m"}' }, [
      { kind: "answer", atMs: 10, status: 200, headers: [] },
      delta(100, "a"),
      delta(150, "b"),
      delta(200, "c"),
      { kind: "event", atMs: 210, type: "response.completed", data: JSON.stringify(done) },
      { kind: "end", atMs: 211, how: "finished" },
    ]);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      kind: "http",
      status: 200,
      text: "abc",
      said: "hello",
      deltas: 3,
      isBad: false,
      isOver: true,
    });
    expect(rows[0]).toMatchObject({ firstDeltaAt: 100, tokensPerSecond: 20, usage, isIncrement: false });
    expect(rows[0]?.events.map(({ gap }) => gap)).toEqual([100, 50, 50, 10, 1]);
  });

  it("makes a row of each WebSocket message, and adds events to the oldest open one of their lane", () => {
    const create = { type: "response.create", input: [{ type: "function_call_output", output: "18" }] };
    const { rows } = modelOf({ carrier: "websocket", method: "GET" }, [
      { kind: "answer", atMs: 1, status: 101, headers: [] },
      sent(2, create),
      sent(3, { ...create, stream_id: "b", previous_response_id: "resp_1" }),
      received(4, { type: "response.created", stream_id: "b" }),
      received(5, { type: "response.completed", response: {} }),
      received(6, { type: "error", status: 400, stream_id: "b" }),
      received(7, { type: "codex.rate_limits" }),
      { kind: "end", atMs: 8, how: "reset" },
    ]);
    expect(rows.map(({ kind, lane, status, isBad }) => [kind, lane, status, isBad])).toEqual([
      ["connection", undefined, "reset", true],
      ["turn", undefined, "completed", false],
      ["turn", "b", 400, true],
    ]);
    expect(rows[2]).toMatchObject({ isIncrement: true, inputItems: 1, said: "⤷ 18" });
    expect(rows.map(({ events }) => events.length)).toEqual([2, 2, 3]);
  });

  it("shows what was cut, or left by the client in the middle, in red", () => {
    expect(modelOf({}, [{ kind: "end", atMs: 5, how: "cut" }]).rows[0]).toMatchObject({ isBad: true, status: "cut" });
    expect(modelOf({}, [{ kind: "end", atMs: 5, how: "left" }]).rows[0]).toMatchObject({ isBad: true, status: "left" });
    const left: Entry = { kind: "end", atMs: 5, how: "left", code: 1000 };
    expect(modelOf({ carrier: "websocket" }, [left]).rows[0]).toMatchObject({ isBad: false });
  });

  it("finds text in requests and events in any case, and forgets everything when the server restarts", () => {
    const model = modelOf({ body: '{"input":"The Weather"}' }, [
      { kind: "body", atMs: 1, data: '{"said":"18 Degrees"}' },
    ]);
    const [row] = model.rows;
    expect([row?.matches("weather"), row?.matches("degrees"), row?.matches("rain")]).toEqual([true, true, false]);
    model.take([{ reset: true }]);
    expect([model.rows.length, model.exchanges.size, model.changed.size]).toEqual([0, 0, 0]);
  });
});

describe("a request as curl", () => {
  it("is quoted for a shell, without credentials and what belongs to the connection", () => {
    const headers: Head["headers"] = [
      ["Host", "127.0.0.1"],
      ["authorization", "[removed]"],
      ["x-other-token", "[removed]"],
      ["x-quote", "it's"],
    ];
    const [row] = modelOf({ headers, body: '{"input":"it\'s"}' }, []).rows;
    expect(row && curlOf(row, "http://h")).toBe(
      [
        "curl -N -X POST 'http://h/v1/responses'",
        '-H "authorization: Bearer $OPENAI_API_KEY"',
        "-H 'x-quote: it'\\''s'",
        "--data-raw '{\"input\":\"it'\\''s\"}'",
      ].join(" \\\n  "),
    );
  });

  it("of a WebSocket message sends the same over HTTP", () => {
    const { rows } = modelOf({ carrier: "websocket" }, [
      sent(1, { type: "response.create", stream_id: "a", input: "hi" }),
    ]);
    const command = rows[1] && curlOf(rows[1], "http://h");
    expect(command).toContain(`--data-raw '{"input":"hi","stream":true}'`);
    expect(command).not.toContain("-X");
  });
});
