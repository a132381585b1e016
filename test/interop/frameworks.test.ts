// Frameworks that bring an OpenAI client of their own: each runs a tool loop to its end.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { emulator } from "../wire/emulator/raw-client.ts";
import { FOLDER, installed } from "./installed.ts";

const QUESTION = "What is the weather in Paris?";

interface Zod {
  readonly z: { object(shape: object): unknown; string(): unknown };
}

it("ai with @ai-sdk/openai calls a tool and answers", async () => {
  interface Ai {
    generateText(options: object): Promise<{ readonly text: string }>;
    streamText(options: object): { readonly textStream: AsyncIterable<string> };
    stepCountIs(count: number): unknown;
    tool(definition: object): unknown;
  }
  const { url } = await emulator();
  const { generateText, streamText, stepCountIs, tool } = await installed<Ai>("ai");
  const { createOpenAI } = await installed<{ createOpenAI(options: object): (model: string) => unknown }>(
    "@ai-sdk/openai",
  );
  const { z } = await installed<Zod>("zod");
  const model = createOpenAI({ apiKey: "k", baseURL: url })("gpt-5.5");
  const get_weather = tool({ inputSchema: z.object({ location: z.string() }), execute: async () => "18 degrees" });
  const { text } = await generateText({ model, prompt: QUESTION, tools: { get_weather }, stopWhen: stepCountIs(5) });
  expect(text).toContain("18 degrees");
  let streamed = "";
  for await (const delta of streamText({ model, prompt: "17*23" }).textStream) streamed += delta;
  expect(streamed).toBe("17*23 = 391");
});

it("@openai/agents runs an agent, and its compaction session", async () => {
  interface Agents {
    readonly Agent: new (options: object) => unknown;
    run(agent: unknown, input: string, options?: object): Promise<{ readonly finalOutput: string }>;
    tool(definition: object): unknown;
    setDefaultOpenAIClient(client: unknown): void;
    setTracingDisabled(disabled: boolean): void;
    readonly MemorySession: new () => unknown;
    readonly OpenAIResponsesCompactionSession: new (
      options: object,
    ) => { getItems(): Promise<readonly { type?: string }[]> };
  }
  const { url } = await emulator();
  const {
    Agent,
    run,
    tool,
    setDefaultOpenAIClient,
    setTracingDisabled,
    MemorySession,
    OpenAIResponsesCompactionSession,
  } = await installed<Agents>("@openai/agents");
  const { default: OpenAI } = await installed<{ default: new (options: object) => unknown }>("openai");
  const { z } = await installed<Zod>("zod");
  const client = new OpenAI({ apiKey: "k", baseURL: url });
  setDefaultOpenAIClient(client);
  setTracingDisabled(true);
  const weather = tool({
    ...{ name: "get_weather", description: "The weather", parameters: z.object({ location: z.string() }) },
    execute: async () => "18 degrees",
  });
  const agent = new Agent({ name: "a", instructions: "Be brief.", model: "gpt-5.5", tools: [weather] });
  expect((await run(agent, QUESTION)).finalOutput).toContain("18 degrees");
  const session = new OpenAIResponsesCompactionSession({
    ...{ client, model: "gpt-5.5", underlyingSession: new MemorySession() },
    shouldTriggerCompaction: () => true,
  });
  await run(agent, "My cat is called Ada", { session });
  expect((await session.getItems()).map(({ type }) => type)).toContain("compaction");
  expect((await run(agent, "what did I just say?", { session })).finalOutput).toContain("Ada");
});

it("@langchain/openai calls a tool and streams", async () => {
  interface Message {
    readonly tool_calls?: readonly { readonly name: string }[];
    readonly text: string;
  }
  interface Chat {
    bindTools(tools: readonly object[]): { invoke(input: string): Promise<Message> };
    stream(input: string): Promise<AsyncIterable<Message>>;
  }
  const { url } = await emulator();
  const { ChatOpenAI } = await installed<{ ChatOpenAI: new (options: object) => Chat }>("@langchain/openai");
  const chat = new ChatOpenAI({
    model: "gpt-5.5",
    apiKey: "k",
    useResponsesApi: true,
    configuration: { baseURL: url },
  });
  const parameters = { type: "object", properties: { location: { type: "string" } }, required: ["location"] };
  const get_weather = { type: "function", function: { name: "get_weather", description: "The weather", parameters } };
  expect((await chat.bindTools([get_weather]).invoke(QUESTION)).tool_calls).toMatchObject([{ name: "get_weather" }]);
  let text = "";
  for await (const chunk of await chat.stream("17*23")) text += chunk.text;
  expect(text).toBe("17*23 = 391");
});

it("pi-ai calls a tool", async () => {
  interface Pi {
    completeSimple(model: object, context: object, options: object): Promise<{ readonly content: readonly object[] }>;
  }
  const { url } = await emulator();
  const { completeSimple } = await installed<Pi>("@earendil-works/pi-ai/dist/compat.js");
  const model = {
    ...{ id: "gpt-5.5", name: "m", api: "openai-responses", provider: "openai", baseUrl: url, reasoning: true },
    ...{ input: ["text"], contextWindow: 100_000, maxTokens: 1000 },
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
  };
  const parameters = { type: "object", properties: { location: { type: "string" } }, required: ["location"] };
  const tools = [{ name: "get_weather", description: "The weather", parameters }];
  const context = { messages: [{ role: "user", content: QUESTION, timestamp: 0 }], tools };
  const { content } = await completeSimple(model, context, { apiKey: "k" });
  expect(content).toContainEqual(expect.objectContaining({ type: "toolCall", name: "get_weather" }));
});

it("opencode answers", { timeout: 90_000 }, async () => {
  const server = await emulator();
  mkdirSync(join(FOLDER, "homes"), { recursive: true });
  const home = mkdtempSync(join(FOLDER, "homes", "opencode-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true, maxRetries: 3 }));
  const provider = { openai: { options: { baseURL: server.url, apiKey: "k" }, models: { "gpt-5.5": {} } } };
  writeFileSync(join(home, "opencode.json"), JSON.stringify({ provider, model: "openai/gpt-5.5", autoupdate: false }));
  const env = { PATH: process.env.PATH, HOME: home, XDG_DATA_HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home };
  const command = join(FOLDER, `node_modules/opencode-${process.platform}-${process.arch}/bin/opencode`);
  const run = promisify(execFile)(command, ["run", "17*23"], { cwd: home, env, timeout: 80_000 });
  run.child.stdin?.end();
  await server.waitForRequests({ text: "17*23", stream: true }, { timeoutMs: 80_000 });
  expect((await run).stdout).toContain("391");
});
