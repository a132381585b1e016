import { expect, it, onTestFinished } from "vitest";
import { apiKeyAuth } from "../../src/api/auth.ts";
import { openaiProvider } from "../../src/api/providers.ts";
import { RealtimeWebSocketClient } from "../../src/api/realtime/client.ts";
import {
  RealtimeConversation,
  type RealtimeConversationEvent,
} from "../../src/api/realtime/conversation/conversation.ts";
import type { RealtimeProtocolName } from "../../src/api/realtime/settings.ts";
import { runCommand } from "../support/command.ts";
import { installed } from "./installed.ts";

interface Reply {
  readonly content?: string;
  readonly error?: { readonly message: string; readonly type?: string; readonly code?: string };
  readonly status?: number;
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: string; readonly id?: string }[];
}

interface Mock {
  readonly url: string;
  onMessage(pattern: string, reply: Reply): unknown;
  on(match: { readonly toolCallId: string }, reply: Reply): unknown;
  start(): Promise<unknown>;
  stop(): Promise<unknown>;
}

const { LLMock } = installed<{ readonly LLMock: new (options: object) => Mock }>("@copilotkit/aimock");

async function startMock(prepare: (mock: Mock) => void): Promise<Mock> {
  const mock = new LLMock({ port: 0 });
  prepare(mock);
  await mock.start();
  onTestFinished(() => void mock.stop());
  return mock;
}

/** A conversation with the server of others. */
async function converse(protocol: RealtimeProtocolName, prepare: (mock: Mock) => void) {
  const mock = await startMock(prepare);
  const provider = openaiProvider({ env: {}, baseUrl: `${mock.url}/v1`, proxy: false });
  const client = new RealtimeWebSocketClient({ provider, auth: apiKeyAuth("sk-mock"), env: {} });
  const config = { instructions: "Be brief.", model: "gpt-realtime", protocol, outputModality: "text" } as const;
  const conversation = new RealtimeConversation(await client.connect(config));
  onTestFinished(() => conversation.close());
  return conversation;
}

async function until(conversation: RealtimeConversation, isLast: (event: RealtimeConversationEvent) => boolean) {
  const seen: RealtimeConversationEvent[] = [];
  for await (const event of conversation) {
    seen.push(event);
    if (isLast(event)) return seen;
  }
  throw new Error(`the conversation ended after ${JSON.stringify(seen)}`);
}

function textOf(events: readonly RealtimeConversationEvent[]): string {
  return events.map((event) => (event.type === "output_transcript.delta" ? event.delta : "")).join("");
}

const isDone = ({ type }: RealtimeConversationEvent) => type === "response_done";

it("aimock answers what is said, in turn", async () => {
  const conversation = await converse("v3", (mock) => {
    mock.onMessage("hello", { content: "Hi there, friend!" });
    mock.onMessage("again", { content: "Once more." });
  });
  await conversation.say("hello");
  await conversation.say("again"); // while it answers the first
  const first = await until(conversation, isDone);
  expect(textOf(first)).toBe("Hi there, friend!");
  const whole = { type: "output_transcript.done", text: "Hi there, friend!" };
  expect(first).toContainEqual(expect.objectContaining(whole));
  expect(textOf(await until(conversation, isDone))).toBe("Once more.");
});

it("aimock's deltas come in v2 as well", async () => {
  const conversation = await converse("v2", (mock) => mock.onMessage("hello", { content: "Hi there, friend!" }));
  await conversation.say("hello");
  const isItem = ({ type }: RealtimeConversationEvent) => type === "conversation_item.done";
  expect(textOf(await until(conversation, isItem))).toBe("Hi there, friend!");
});

it.each([
  ["v2", "codex"],
  ["v3", "background_agent"],
] as const)("aimock's call of a tool is a handoff in %s, and its output is answered", async (protocol, name) => {
  const call = { name, arguments: '{"prompt":"water the plants"}', id: "call_1" };
  const conversation = await converse(protocol, (mock) => {
    mock.on({ toolCallId: "call_1" }, { content: "They are wet now." });
    mock.onMessage("plants", { toolCalls: [call] });
  });
  await conversation.say("the plants!");
  const task = (await until(conversation, ({ type }) => type === "delegation")).at(-1);
  expect(task).toMatchObject({ handoffId: "call_1", prompt: expect.stringContaining("water the plants") });
  await conversation.sendAgentMessage("call_1", "done");
  await conversation.endHandoff("call_1");
  const seen: RealtimeConversationEvent[] = [];
  while (!textOf(seen).endsWith("now.")) {
    seen.push(...(await until(conversation, ({ type }) => type === "output_transcript.delta")));
  }
  expect(textOf(seen)).toBe("They are wet now.");
  expect(seen.map(({ type }) => type)).not.toContain("delegation");
});

const quota = {
  error: { message: "You exceeded your current quota.", type: "insufficient_quota", code: "insufficient_quota" },
  status: 429,
};

it("aimock's quota failure is told with the response, and the talk goes on", async () => {
  const conversation = await converse("v3", (mock) => {
    mock.onMessage("hello", quota);
    mock.onMessage("again", { content: "Here I am." });
  });
  await conversation.say("hello");
  expect((await until(conversation, isDone)).at(-1)).toMatchObject({
    status: "failed",
    statusDetails: { error: { code: "insufficient_quota", message: "You exceeded your current quota." } },
  });
  await conversation.say("again");
  expect(textOf(await until(conversation, isDone))).toBe("Here I am.");
});

it("the command tells aimock's quota failure and ends with status 3", async () => {
  const mock = await startMock((each) => each.onMessage("hello", quota));
  const { status, stderr, lines } = await runCommand(["realtime", "hello", "--json", "--base-url", `${mock.url}/v1`], {
    env: { OPENAI_API_KEY: "sk-mock" },
  });
  expect(status).toBe(3);
  expect(stderr).toContain("You exceeded your current quota.");
  expect(lines().at(-1)).toMatchObject({
    type: "error",
    error: { kind: "quota_exceeded", code: "insufficient_quota" },
  });
});
