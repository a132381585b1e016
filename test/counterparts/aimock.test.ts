import { describe, expect, it, onTestFinished } from "vitest";
import { apiKeyAuth } from "../../src/api/auth.ts";
import type { ProviderConfig } from "../../src/api/provider.ts";
import { openaiProvider } from "../../src/api/providers.ts";
import type { RestartedEvent } from "../../src/api/responses/events/types.ts";
import { ResponsesSession } from "../../src/api/session/session.ts";
import type { ResponseItem } from "../../src/api/wire/items.ts";
import { installed } from "./installed.ts";

interface Reply {
  readonly content?: string;
  readonly reasoning?: string;
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: string }[];
  readonly error?: { readonly message: string; readonly type?: string; readonly code?: string };
  readonly status?: number;
}

interface Mock {
  readonly url: string;
  onMessage(pattern: string, reply: Reply, options?: object): unknown;
  on(match: { predicate(request: unknown): boolean }, reply: Reply, options?: object): unknown;
  start(): Promise<unknown>;
  stop(): Promise<unknown>;
}

const { LLMock } = installed<{ readonly LLMock: new (options: object) => Mock }>("@copilotkit/aimock");

const carriers = ["websocket", "http"] as const;
const user = (text: string): ResponseItem => ({
  type: "message",
  role: "user",
  content: [{ type: "input_text", text }],
});

/** The server of others, and a session that talks to it. */
async function conversation(
  carrier: "auto" | (typeof carriers)[number],
  prepare: (mock: Mock) => void,
  limits: Partial<ProviderConfig> = {},
) {
  const mock = new LLMock({ port: 0 });
  prepare(mock);
  await mock.start();
  onTestFinished(() => void mock.stop());
  const provider = openaiProvider({
    env: {},
    baseUrl: `${mock.url}/v1`,
    retry: { baseDelayMs: 1 },
    proxy: false,
    ...limits,
  });
  const session = new ResponsesSession({ provider, auth: apiKeyAuth("sk-mock"), env: {}, carrier });
  onTestFinished(() => session.close());
  return session;
}

describe.each(carriers)("aimock over %s", (carrier) => {
  it("answers with text, and tells what it used", async () => {
    const session = await conversation(carrier, (mock) => mock.onMessage("hello", { content: "Hi there, friend!" }));
    const answer = await (await session.stream({ model: "gpt-5-mini", input: [user("hello")] })).collect();
    expect(answer.text).toBe("Hi there, friend!");
    expect(answer.responseId).toMatch(/^resp/);
    expect(answer.items.map(({ type }) => type)).toEqual(["message"]);
    expect(answer.tokenUsage?.totalTokens).toEqual(expect.any(Number));
  });

  it("calls a tool, gets its output, and answers", async () => {
    const session = await conversation(carrier, (mock) => {
      mock.on({ predicate: (request) => JSON.stringify(request).includes("17 degrees") }, { content: "Rather cool." });
      mock.onMessage("weather", { toolCalls: [{ name: "weather", arguments: '{"city":"Bonn"}' }] });
    });
    const tools = [{ type: "function", name: "weather", parameters: { type: "object", properties: {} } }] as const;
    const input: ResponseItem[] = [user("weather?")];
    const { items } = await (await session.stream({ model: "gpt-5-mini", tools, input })).collect();
    const call = items.find((item) => item.type === "function_call");
    expect(call).toMatchObject({ name: "weather", arguments: '{"city":"Bonn"}' });
    input.push(...items, { type: "function_call_output", call_id: call?.call_id ?? "", output: "17 degrees" });
    const answer = await (await session.stream({ model: "gpt-5-mini", tools, input })).collect();
    expect(answer.text).toBe("Rather cool.");
  });

  it("cuts the answer off: the session starts again, and says so", async () => {
    let left = 1;
    const session = await conversation(carrier, (mock) => {
      const once = { predicate: () => left-- > 0 };
      mock.on(
        once,
        { content: "a text that is cut in the middle of it" },
        { truncateAfterChunks: 5, chunkSize: 4, latency: 5 },
      );
      mock.onMessage("hello", { content: "whole" });
    });
    const restarts: RestartedEvent[] = [];
    let text = "";
    for await (const event of await session.stream({ model: "gpt-5-mini", input: [user("hello")] })) {
      if (event.type === "output_text.delta") text += event.delta;
      if (event.type !== "restarted") continue;
      restarts.push(event);
      text = "";
    }
    expect(text).toBe("whole");
    expect(restarts).toMatchObject([{ retry: 1, keptItems: 0 }]);
  });
});

it("refuses in its own words, over HTTP after a WebSocket on which it names no status", async () => {
  const session = await conversation(
    "auto",
    (mock) => mock.onMessage("limit", { error: { message: "Too much.", type: "rate_limit_error" }, status: 429 }),
    { streamIdleTimeoutMs: 200, maxStreamRetries: 0 },
  );
  const refused = { kind: "rate_limit", status: 429, message: expect.stringContaining("Too much") };
  const stream = await session.stream({ model: "gpt-5-mini", input: [user("limit")] });
  await expect(stream.collect()).rejects.toMatchObject(refused);
});

it("several turns over one WebSocket complete, whatever the server makes of what is new", async () => {
  const session = await conversation("auto", (mock) => {
    for (const text of ["one", "two", "three"]) mock.onMessage(text, { content: `said ${text}` });
  });
  const input: ResponseItem[] = [];
  for (const text of ["one", "two", "three"]) {
    input.push(user(text));
    const answer = await (await session.stream({ model: "gpt-5-mini", input })).collect();
    expect(answer.text).toBe(`said ${text}`);
    input.push(...answer.items);
  }
  expect(session.carrier).toBe("websocket");
});
