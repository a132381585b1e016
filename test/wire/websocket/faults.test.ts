import { describe, expect, it } from "vitest";
import type { CodexApiError, CodexFailure } from "../../../src/api/refusal/kinds.ts";
import type { StreamPoll } from "../../../src/client/observe/telemetry.ts";
import type { Step } from "../../../src/emulator/index.ts";
import { emulate, readEvents, textOf } from "../../support/clients.ts";
import { failureOf, watchHandles } from "../proxy/support.ts";
import { closeFrame, frame, opcode, serveRaw } from "./raw-server.ts";
import { brokenTurnState, connect, type Setup, typesOf, wire } from "./responses-support.ts";

const request = { model: "m", input: "repeat: hello" };

interface Fault {
  readonly name: string;
  readonly step: Step;
  readonly provider?: Setup["provider"];
  readonly kind: string;
  readonly message: string | RegExp;
  readonly fields?: object;
  /** Events that came before it. */
  readonly types?: readonly string[];
}

const faults: readonly Fault[] = [
  {
    name: "nothing for the idle time-out, though pings come",
    step: { stallAfterEvents: 2, keepAliveEveryMs: 20 },
    provider: { streamIdleTimeoutMs: 150 },
    kind: "timeout",
    message: "idle timeout waiting for websocket",
    fields: { phase: "idle", timeoutMs: 150 },
    types: ["created"],
  },
  {
    name: "an error frame without a status, at once",
    step: { events: [wire.created, { type: "error", error: { message: "odd" } }], stallAfterEvents: 2 },
    kind: "retryable",
    message: "odd",
    types: ["created"],
  },
  {
    name: "the connection ends without a close frame",
    step: { events: [wire.created, wire.delta("a")], terminateAfterEvents: 2 },
    kind: "stream",
    message: "stream closed before response.completed",
    types: ["created", "output_text.delta"],
  },
  {
    name: "the connection is reset",
    step: { events: [wire.created, wire.delta("a")], resetAfterEvents: 2 },
    kind: "stream",
    message: /^stream closed before response\.completed \(.*ECONNRESET/,
    types: ["created", "output_text.delta"],
  },
  ...[1000, 1009, 1011].map((code) => ({
    name: `a close frame ${code}`,
    step: { events: [wire.created], close: { code, reason: "enough" } },
    kind: "stream",
    message: `websocket closed by server before response.completed (code ${code}: enough)`,
    types: ["created"],
  })),
  {
    name: "a binary frame",
    step: { frames: [JSON.stringify(wire.created), Buffer.from([1, 2])] },
    kind: "stream",
    message: "unexpected binary websocket event",
    types: ["created"],
  },
  {
    name: "a binary frame, in one network read with what came before it",
    step: { raw: [Buffer.concat([frame(opcode.text, JSON.stringify(wire.created)), frame(opcode.binary, "x")])] },
    kind: "stream",
    message: "unexpected binary websocket event",
    types: ["created"],
  },
  {
    name: "a frame that breaks the protocol",
    step: { raw: [frame(opcode.text, JSON.stringify(wire.created)), Buffer.from("b10100", "hex")] },
    kind: "stream",
    message: /^stream closed before response\.completed \(Invalid WebSocket frame: /,
    types: ["created"],
  },
  {
    name: "an error frame with status 400",
    step: { events: [wire.created, { type: "error", status: 400, error: { code: "x", message: "Bad field" } }] },
    kind: "invalid_request",
    message: "Bad field",
    fields: { status: 400 },
    types: ["created"],
  },
  {
    name: "a usage limit with headers",
    step: {
      events: [
        {
          type: "error",
          status: 429,
          error: { type: "usage_limit_reached", plan_type: "plus", resets_at: 1_900_000_000 },
          headers: { "x-codex-primary-used-percent": 100, "x-codex-promo-message": "Buy more" },
        },
      ],
    },
    kind: "usage_limit_reached",
    message: /Buy more/,
    fields: { planType: "plus", resetsAt: 1_900_000_000 },
  },
  {
    name: "the connection limit, whatever its status",
    step: { events: [{ type: "error", error: { code: "websocket_connection_limit_reached" } }] },
    kind: "retryable",
    message:
      "Responses websocket connection limit reached (60 minutes). Create a new websocket connection to continue.",
  },
  {
    name: "response.failed, at once, though the server goes on",
    step: {
      events: [
        wire.created,
        { type: "response.failed", response: { error: { code: "rate_limit_exceeded", message: "try again in 1.2s" } } },
        wire.completed,
      ],
      stallAfterEvents: 3,
    },
    kind: "retryable",
    message: /try again in 1\.2s/,
    fields: { retryAfterMs: 1200 },
    types: ["created"],
  },
  {
    name: "response.incomplete",
    step: {
      events: [{ type: "response.incomplete", response: { incomplete_details: { reason: "content_filter" } } }],
    },
    kind: "incomplete",
    message: "Incomplete response returned, reason: content_filter",
  },
  {
    name: "response.completed that cannot be read",
    step: { events: [{ type: "response.completed", response: "r" }] },
    kind: "protocol",
    message: /^failed to parse ResponseCompleted: invalid type: string/,
  },
];

describe("a fault in the middle of a response", () => {
  it.each(faults)("$name", async ({ step, provider, kind, message, fields, types = [] }) => {
    const emulator = await emulate({ script: [step], rateLimits: false });
    const polls: StreamPoll[] = [];
    const telemetry = { onStreamPoll: (poll: StreamPoll) => void polls.push(poll) };
    const connection = await connect(emulator.url, { ...(provider && { provider }), client: { telemetry } });
    const { events, error } = await readEvents(await connection.stream(request));
    expect(typesOf(events)).toEqual(types);
    expect(error).toMatchObject({ kind, ...fields });
    if (typeof message === "string") expect((error as Error).message).toBe(message);
    else expect((error as Error).message).toMatch(message);
    if ((error as CodexFailure).outlook === "never") {
      // The service has refused this request; the connection is sound.
      expect(connection.isClosed).toBe(false);
      expect((await (await connection.stream(request)).collect()).text).not.toBe("");
      return;
    }
    // A new connection may help: this one is not used again.
    expect(connection.isClosed).toBe(true);
    expect(await failureOf(connection.stream(request))).toMatchObject({
      kind: "stream",
      message: "websocket connection is closed",
    });
    await emulator.waitForClosedWebSockets(1);
    expect(emulator.requests.filter((each) => each.kind === "frame")).toHaveLength(1);
    expect(polls.every(({ carrier }) => carrier === "websocket")).toBe(true);
  });

  it("is the last message that is read: the rest of the same network read belongs to no response", async () => {
    const failed = { type: "response.failed", response: { error: { code: "server_error", message: "no" } } };
    const frames = [failed, wire.delta("late")].map((event) => frame(opcode.text, JSON.stringify(event)));
    const emulator = await emulate({ script: [{ raw: [Buffer.concat(frames)] }] });
    const lines: string[] = [];
    const debug = (_fields: object, line: string) => void lines.push(line);
    const logger = { debug, info: debug, warn: debug, error: debug };
    const connection = await connect(emulator.url, { client: { logger } });
    const { error } = await readEvents(await connection.stream(request));
    expect(error).toMatchObject({ kind: "retryable" });
    expect(lines).toContain("websocket closed");
    expect(lines).not.toContain("websocket event outside a response");
  });

  it("is a stream error if reading an event throws, and the connection is closed", async () => {
    const metadata = { type: "response.metadata", headers: { "x-codex-turn-state": "t" } };
    const emulator = await emulate({ script: [{ events: [wire.created, metadata], stallAfterEvents: 2 }] });
    const connection = await connect(emulator.url);
    const { events, error } = await readEvents(await connection.stream(request, { turnState: brokenTurnState() }));
    expect(typesOf(events)).toEqual(["created"]);
    expect(error).toMatchObject({ kind: "stream", message: "the stream cannot be read: too deep" });
    await emulator.waitForClosedWebSockets(1);
  });

  it("leaves no timer and no socket behind", async () => {
    const emulator = await emulate({ script: [{ events: [wire.created], terminateAfterEvents: 1 }] });
    const isBack = watchHandles();
    const connection = await connect(emulator.url);
    await readEvents(await connection.stream(request));
    await isBack();
  });

  it("a broken connection is polled as an error, with the events before it", async () => {
    const emulator = await emulate({
      script: [{ events: [wire.created], terminateAfterEvents: 1 }],
      rateLimits: false,
    });
    const polls: StreamPoll[] = [];
    const telemetry = { onStreamPoll: (poll: StreamPoll) => void polls.push(poll) };
    const connection = await connect(emulator.url, { client: { telemetry } });
    const { error } = await readEvents(await connection.stream(request));
    expect(polls).toMatchObject([
      { carrier: "websocket", type: "response.created", durationMs: expect.any(Number) as number },
      { carrier: "websocket", error, durationMs: expect.any(Number) as number },
    ]);
  });

  it("a dead peer is found by our pings, long before the idle time-out (parity: stream/liveness)", async () => {
    const emulator = await emulate({ script: [{ accept: { silent: true } }, { stallAfterEvents: 1 }] });
    const connection = await connect(emulator.url, { provider: { livenessTimeoutMs: 150 } });
    const { error } = await readEvents(await connection.stream(request));
    expect(error).toMatchObject({
      kind: "timeout",
      phase: "idle",
      timeoutMs: 150,
      message: "the connection is dead: not even a pong arrived",
    });
  });

  it("a connection whose model thinks is not closed (parity: stream/liveness)", async () => {
    const thinking = async function* () {
      yield wire.created;
      await new Promise((resolve) => setTimeout(resolve, 400));
      yield wire.completed;
    };
    const emulator = await emulate({ script: [{ events: thinking() }] });
    const connection = await connect(emulator.url, { provider: { livenessTimeoutMs: 100 } });
    const { error } = await readEvents(await connection.stream(request));
    expect(error).toBeUndefined();
  });

  it("events that wait for a slow reader come before the error", async () => {
    const emulator = await emulate({
      script: [{ events: [wire.created, wire.delta("a"), wire.delta("b")], close: { code: 1011 } }],
      rateLimits: false,
    });
    const connection = await connect(emulator.url);
    const stream = await connection.stream(request);
    await emulator.waitForClosedWebSockets(1);
    const { events, error } = await readEvents(stream);
    expect(textOf(events)).toBe("ab");
    expect((error as CodexApiError).message).toBe("websocket closed by server before response.completed (code 1011)");
  });

  it("an event of 10 MB arrives complete", async () => {
    const text = "ü".repeat(5_000_000);
    const emulator = await emulate({ script: [{ events: [wire.delta(text), wire.completed] }] });
    const connection = await connect(emulator.url);
    const { events, error } = await readEvents(await connection.stream(request));
    expect(error).toBeUndefined();
    expect(textOf(events) === text).toBe(true);
  });

  it("an unreadable event is skipped and reported to telemetry, and the response continues", async () => {
    const emulator = await emulate({
      script: [{ frames: ["ping", "[]", '{"type":"response.new"}', JSON.stringify(wire.completed)] }],
      rateLimits: false,
    });
    const skipped: unknown[] = [];
    const telemetry = { onSkippedEvent: (event: unknown) => void skipped.push(event) };
    const connection = await connect(emulator.url, { client: { telemetry } });
    const { events, error } = await readEvents(await connection.stream(request, { wireEvents: true }));
    expect(error).toBeUndefined();
    expect(typesOf(events)).toEqual(["wire", "completed"]);
    expect(skipped).toMatchObject([
      { reason: "not JSON" },
      { reason: "not JSON" },
      { type: "response.new", reason: "unknown type" },
    ]);
  });
});

describe("a request that cannot be sent", () => {
  const large = { model: "m", input: "x".repeat(30_000_000) };

  it("a server that does not read: idle timeout sending websocket request", async () => {
    const server = await serveRaw(({ socket }) => socket.pause());
    const connection = await connect(server.url, { provider: { streamIdleTimeoutMs: 200 } });
    const error = await failureOf(connection.stream(large));
    expect(error).toMatchObject({ kind: "timeout", phase: "idle", message: "idle timeout sending websocket request" });
    expect(connection.isClosed).toBe(true);
  });

  it("a server that hangs up with 1009 while it reads: its reason, not the broken pipe", async () => {
    const server = await serveRaw(
      ({ socket }) => {
        socket.pause();
        socket.write(closeFrame(1009, "too big"));
      },
      { lines: [] },
    );
    const connection = await connect(server.url);
    expect(await failureOf(connection.stream(large))).toMatchObject({
      kind: "stream",
      message: "websocket closed by server before response.completed (code 1009: too big)",
    });
  });

  it("a server that resets meanwhile: failed to send websocket request", async () => {
    const server = await serveRaw(({ socket }) => {
      socket.pause();
      setImmediate(() => socket.resetAndDestroy());
    });
    const connection = await connect(server.url);
    expect(await failureOf(connection.stream(large))).toMatchObject({
      kind: "stream",
      message: expect.stringMatching(/^failed to send websocket request: /) as string,
    });
  });

  it("a body that is not JSON is a build error, and the connection stays open", async () => {
    const emulator = await emulate();
    const connection = await connect(emulator.url);
    expect(await failureOf(connection.streamBody({ model: 1n }))).toMatchObject({ kind: "build" });
    expect(connection.isClosed).toBe(false);
    expect((await readEvents(await connection.stream(request))).error).toBeUndefined();
  });
});
