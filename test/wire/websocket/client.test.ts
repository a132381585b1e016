import { describe, expect, it } from "vitest";
import { TurnState } from "../../../src/api/service/call-options.ts";
import type { JsonObject } from "../../../src/api/wire/json.ts";
import type { WebSocketRequest } from "../../../src/client/observe/telemetry.ts";
import { emulate, readEvents, textOf } from "../../support/clients.ts";
import { connect, wire } from "./responses-support.ts";

const request = { model: "m", input: "repeat: hello" };

describe("a request", () => {
  it("is one response.create frame with the body as over HTTP and the fields of the options", async () => {
    const emulator = await emulate({ script: [{ events: [wire.completed] }] });
    const connection = await connect(emulator.url);
    const stream = await connection.stream(
      { model: "m", input: [], instructions: "be", client_metadata: { a: "body", b: "body" } },
      {
        previousResponseId: "resp_1",
        generate: false,
        clientMetadata: { b: "option" },
        traceContext: { traceparent: `00-${"1".repeat(32)}-${"2".repeat(16)}-01`, tracestate: "x=y" },
      },
    );
    await readEvents(stream);
    const frame = emulator.requests.find(({ kind }) => kind === "frame");
    expect(Buffer.from(frame?.body ?? []).toString()).toBe(
      JSON.stringify({
        type: "response.create",
        model: "m",
        instructions: "be",
        previous_response_id: "resp_1",
        input: [],
        tools: [],
        tool_choice: "auto",
        parallel_tool_calls: true,
        reasoning: null,
        store: false,
        stream: true,
        include: [],
        generate: false,
        client_metadata: {
          a: "body",
          b: "option",
          ws_request_header_traceparent: `00-${"1".repeat(32)}-${"2".repeat(16)}-01`,
          ws_request_header_tracestate: "x=y",
        },
      }),
    );
  });

  it("to Azure stores the response, and contains no ids of items, which are only sent over HTTP", async () => {
    const emulator = await emulate({ script: [{ events: [wire.completed] }, { events: [wire.completed] }] });
    const connection = await connect(emulator.url, { provider: { name: "azure" } });
    const input = [{ type: "function_call", id: "fc_1", call_id: "c", name: "n", arguments: "{}" } as const];
    await readEvents(await connection.stream({ model: "m", input }));
    await readEvents(await connection.stream({ model: "m", input, store: false }));
    const frames = emulator.requests.filter(({ kind }) => kind === "frame").map(({ json }) => json as JsonObject);
    expect(frames.map(({ store }) => store)).toEqual([true, false]);
    for (const frame of frames) expect(frame.input).toEqual([expect.not.objectContaining({ id: "fc_1" })]);
  });

  it("a body is sent unchanged, with only its type added", async () => {
    const emulator = await emulate({ script: [{ events: [wire.completed] }] });
    const connection = await connect(emulator.url);
    await readEvents(await connection.streamBody({ model: "m", anything: { goes: [1] } }));
    const frame = emulator.requests.find(({ kind }) => kind === "frame");
    expect(frame?.json).toEqual({ type: "response.create", model: "m", anything: { goes: [1] } });
  });

  it("the connection's trace context is used for requests without one", async () => {
    const emulator = await emulate({ script: [{ events: [wire.completed] }] });
    const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-00`;
    const connection = await connect(emulator.url, { connect: { traceContext: { traceparent } } });
    await readEvents(await connection.stream(request));
    const frame = emulator.requests.find(({ kind }) => kind === "frame");
    expect(frame?.json).toMatchObject({ client_metadata: { ws_request_header_traceparent: traceparent } });
  });

  it("every response begins with the facts of the handshake; limits come only from the stream", async () => {
    const headers = {
      "openai-model": "served",
      "x-models-etag": "e1",
      "x-reasoning-included": "",
      "x-codex-primary-used-percent": "50",
    };
    const limits = { type: "codex.rate_limits", rate_limits: { primary: { used_percent: 7 } } };
    const emulator = await emulate({
      rateLimits: false,
      script: [{ accept: { headers } }, { events: [limits, wire.completed] }, { events: [wire.completed] }],
    });
    const connection = await connect(emulator.url);
    const told = [
      { type: "server_model", model: "served" },
      { type: "models_etag", etag: expect.stringContaining("e1") as string },
      { type: "server_reasoning_included", included: true },
    ];
    const first = await connection.stream(request);
    expect([first.status, first.headers["openai-model"]]).toEqual([101, "served"]);
    expect((await readEvents(first)).events).toEqual([
      ...told,
      { type: "rate_limits", snapshot: expect.objectContaining({ limitId: "codex" }) as object },
      { type: "completed", responseId: "r" },
    ]);
    expect((await readEvents(await connection.stream(request))).events).toEqual([
      ...told,
      { type: "completed", responseId: "r" },
    ]);
  });

  it("metadata events set the turn state", async () => {
    const metadata = { type: "codex.response.metadata", headers: { "x-codex-turn-state": "later" } };
    const emulator = await emulate({ script: [{ events: [metadata, wire.completed] }] });
    const connection = await connect(emulator.url);
    const turnState = new TurnState();
    await readEvents(await connection.stream(request, { turnState }));
    expect(turnState.value).toBe("later");
  });

  it("telemetry reports each request: how long it took to send, whether the connection was reused, and its failure", async () => {
    const emulator = await emulate();
    const sent: WebSocketRequest[] = [];
    const telemetry = { onWebSocketRequest: (each: WebSocketRequest) => void sent.push(each) };
    const connection = await connect(emulator.url, { client: { telemetry } });
    for (let count = 0; count < 2; count += 1) {
      const { events } = await readEvents(await connection.stream(request));
      expect(textOf(events)).toBe("hello");
    }
    await connection.close();
    expect(sent).toMatchObject([
      { durationMs: expect.any(Number) as number, connectionReused: false },
      { durationMs: expect.any(Number) as number, connectionReused: true },
    ]);
    expect(sent.filter((each) => "error" in each)).toEqual([]);
  });
});
