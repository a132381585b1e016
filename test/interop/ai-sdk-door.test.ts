// The AI SDK through our model and through its own, side by side against the emulator.
import { describe, expect, it } from "vitest";
import { codexApi } from "../../src/doors/ai-sdk/index.ts";
import type { LineOptions } from "../../src/doors/line.ts";
import type { Emulator, EmulatorOptions } from "../../src/emulator/index.ts";
import { noAuth, openaiProvider } from "../../src/index.ts";
import { emulator } from "../wire/emulator/raw-client.ts";
import { installed } from "./installed.ts";

interface Part {
  readonly type: string;
  readonly [field: string]: unknown;
}
interface Result {
  readonly text: string;
  readonly reasoningText?: string;
  readonly finishReason: string;
  readonly usage: {
    readonly inputTokens?: number;
    readonly outputTokens?: number;
    readonly cachedInputTokens?: number;
  };
  readonly toolCalls: readonly { readonly toolName: string; readonly input: unknown }[];
  readonly toolResults: readonly { readonly toolName: string; readonly output: unknown }[];
  readonly sources: readonly { readonly sourceType: string; readonly url?: string }[];
  readonly content: readonly Part[];
  readonly steps: readonly Result[];
  readonly warnings?: readonly unknown[];
  readonly response: { readonly messages: readonly unknown[] };
}
interface Ai {
  generateText(options: object): Promise<Result>;
  streamText(options: object): {
    readonly fullStream: AsyncIterable<Part>;
    readonly text: PromiseLike<string>;
    /** Of all steps. */
    readonly responseMessages: PromiseLike<readonly unknown[]>;
  };
  generateObject(options: object): Promise<{ readonly object: unknown }>;
  stepCountIs(count: number): unknown;
  tool(definition: object): object;
}
interface OpenaiTools {
  webSearch(options?: object): object;
  fileSearch(options: object): object;
  codeInterpreter(options?: object): object;
  imageGeneration(options?: object): object;
  mcp(options: object): object;
  customTool(options: object): object;
}
interface Openai {
  createOpenAI(options: object): ((model: string) => unknown) & { readonly tools: OpenaiTools };
}

const ai = await installed<Ai>("ai");
const { createOpenAI } = await installed<Openai>("@ai-sdk/openai");
const { z } = await installed<{ z: { object(shape: object): object; string(): object; number(): object } }>("zod");
const MODEL = "gpt-5.5";
const { tools } = createOpenAI({ apiKey: "k" });

function line(server: Emulator, options: Partial<LineOptions> = {}): LineOptions {
  return { provider: openaiProvider({ baseUrl: server.url, proxy: false }), auth: noAuth(), ...options };
}

/** The same program with their model and with ours, each with its own emulator. */
async function both<Told>(program: (model: unknown) => Promise<Told>, options: EmulatorOptions = {}) {
  const [theirs, ours] = [await emulator(options), await emulator(options)];
  return {
    theirs: await program(createOpenAI({ apiKey: "k", baseURL: theirs.url })(MODEL)),
    ours: await program(codexApi(MODEL, { line: line(ours) })),
    server: ours,
  };
}

/** Bodies of the requests for a response, in order. */
function bodiesOf<Body>(server: Emulator): Body[] {
  return server.requests.map(({ json }) => json as Body).filter((body) => body && Object.hasOwn(body, "input"));
}

/** The parts of a result that do not depend on ids. */
function told({ text, finishReason, toolCalls, toolResults, sources, content }: Result) {
  return {
    ...{ text, finishReason, kinds: content.map(({ type }) => type).filter((type) => type !== "reasoning") },
    toolCalls: toolCalls.map(({ toolName, input }) => ({ toolName, input: withoutIds(input) })),
    toolResults: toolResults.map(({ toolName, output }) => ({ toolName, output })),
    sources: sources.map(({ sourceType, url }) => ({ sourceType, url })),
  };
}

/** Ids of containers are random. */
function withoutIds(input: unknown): unknown {
  return JSON.parse(JSON.stringify(input).replace(/cntr_\w+/g, "cntr"));
}

const get_weather = ai.tool({ inputSchema: z.object({ location: z.string() }), execute: async () => "18 degrees" });
const MCP = { serverLabel: "docs", serverUrl: "https://mcp.example/", requireApproval: "never" };
const NAMESPACED = { providerOptions: { openai: { namespace: { name: "earth", description: "The earth" } } } };
const IMAGE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

describe("gives what the SDK's own model gives:", () => {
  const cases: readonly (readonly [what: string, options: Readonly<Record<string, unknown>>])[] = [
    ["a text", { prompt: "17*23" }],
    ["an answer after a tool", { prompt: "What is the weather in Paris?", tools: { get_weather } }],
    [
      "a call of a tool that is forced",
      { prompt: "hi", tools: { get_weather }, toolChoice: { type: "tool", toolName: "get_weather" }, steps: 1 },
    ],
    ["a refusal", { prompt: "please refuse" }],
    [
      "a web search under a name of the program's",
      { prompt: "search the web for cats", tools: { web: tools.webSearch() } },
    ],
    [
      "a file search",
      { prompt: "search the files for cats", tools: { file_search: tools.fileSearch({ vectorStoreIds: ["vs_1"] }) } },
    ],
    [
      "a code interpreter",
      { prompt: "compute 17*23 with python", tools: { code_interpreter: tools.codeInterpreter() } },
    ],
    ["an image", { prompt: "draw a cat", tools: { image_generation: tools.imageGeneration() } }],
    [
      "an answer after a tool of a namespace",
      { prompt: "What is the weather in Paris?", tools: { get_weather: { ...get_weather, ...NAMESPACED } } },
    ],
    [
      "no call of a tool that is not allowed",
      {
        ...{ prompt: "What is the weather in Paris?", tools: { get_weather, other: get_weather } },
        providerOptions: { openai: { allowedTools: { toolNames: ["other"] } } },
      },
    ],
    ["a text of a model that reasons, and takes no temperature", { prompt: "17*23", temperature: 0 }],
    ["an end at the bound of tokens", { prompt: "count to 100", maxOutputTokens: 16 }],
    [
      "an image and a file in a message",
      {
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "what did I send?" },
              { type: "image", image: Buffer.from(IMAGE, "base64") },
              { type: "file", data: Buffer.from("%PDF-1.4"), mediaType: "application/pdf", filename: "a.pdf" },
            ],
          },
        ],
      },
    ],
  ];
  it.each(cases)("%s", async (_what, { steps = 5, ...options }: { steps?: number }) => {
    const { ours, theirs } = await both(async (model) =>
      told(await ai.generateText({ ...options, model, stopWhen: ai.stepCountIs(steps) })),
    );
    expect(ours).toEqual(theirs);
  });

  it.each(cases.filter(([, options]) => "tools" in options))(
    "%s, of the same tools",
    async (_what, { steps = 5, ...options }) => {
      const asked = async (server: Emulator, model: unknown) => {
        await ai.generateText({ ...options, model, stopWhen: ai.stepCountIs(Number(steps)) });
        return bodiesOf<{ tools: object; tool_choice: object }>(server).map(({ tools, tool_choice }) => ({
          tools,
          tool_choice,
        }));
      };
      const [one, two] = [await emulator(), await emulator()];
      const theirs = await asked(one, createOpenAI({ apiKey: "k", baseURL: one.url })(MODEL));
      expect(await asked(two, codexApi(MODEL, { line: line(two) }))).toMatchObject(theirs);
    },
  );

  it.each(cases)("%s, streamed", async (_what, { steps = 5, ...options }: { steps?: number }) => {
    const { ours, theirs } = await both(async (model) => {
      const kinds: string[] = [];
      const stream = ai.streamText({ ...options, model, stopWhen: ai.stepCountIs(steps) });
      for await (const { type } of stream.fullStream) {
        if (type !== kinds.at(-1) && !/^(reasoning|start|raw)/.test(type)) kinds.push(type);
      }
      return { kinds, text: await stream.text };
    });
    expect(ours).toEqual(theirs);
  });

  it("an object", async () => {
    const schema = z.object({ sum: z.number() });
    const { ours, theirs } = await both((model) => ai.generateObject({ model, schema, prompt: "add 4" }));
    expect(ours.object).toEqual(theirs.object);
  });
});

describe("a conversation", () => {
  it("sends its third request as an increment, whatever the SDK made of the answers between", async () => {
    const server = await emulator();
    const model = codexApi(MODEL, { line: line(server) });
    const messages: unknown[] = [];
    for (const text of ["What is the weather in Paris?", "search the web for cats", "17*23"]) {
      messages.push({ role: "user", content: text });
      const options = {
        tools: { get_weather, web: tools.webSearch() },
        providerOptions: { openai: { reasoningEffort: "low", reasoningSummary: "auto" } },
      };
      const stream = ai.streamText({ model, messages, stopWhen: ai.stepCountIs(5), ...options });
      await stream.text;
      messages.push(...JSON.parse(JSON.stringify(await stream.responseMessages)));
    }
    const bodies = bodiesOf<{ input: { type: string }[]; previous_response_id?: string }>(server);
    expect(bodies.length).toBe(4);
    expect(bodies.map((body) => body.previous_response_id !== undefined)).toEqual([false, true, true, true]);
    expect(bodies.map(({ input }) => input.map(({ type }) => type))).toEqual([
      ["message"],
      ["function_call_output"],
      ["message"],
      ["message"],
    ]);
  });

  it("brings back reasoning with its encrypted content over HTTP too", async () => {
    const server = await emulator();
    const model = codexApi(MODEL, { line: line(server, { carrier: "http" }) });
    const reasoning = { providerOptions: { codexWire: { reasoning: { effort: "high", summary: "auto" } } } };
    const first = await ai.generateText({ model, prompt: "My cat is called Ada", ...reasoning });
    const messages = [
      { role: "user", content: "My cat is called Ada" },
      ...first.response.messages,
      { role: "user", content: "what did I just say?" },
    ];
    const second = await ai.generateText({ model, messages, ...reasoning });
    expect(second.text).toContain("Ada");
    const input = bodiesOf<{ input: { type: string; encrypted_content?: string }[] }>(server).at(-1)?.input ?? [];
    expect(input.map(({ type }) => type)).toEqual(["message", "reasoning", "message", "message"]);
    expect(input[1]?.encrypted_content).toMatch(/./);
  });

  it("asks concurrently over connections of their own", async () => {
    const server = await emulator({ pace: { delayMsPerWord: 5 } });
    const model = codexApi(MODEL, { line: line(server) });
    const texts = await Promise.all(
      [1, 2, 3].map((n) => ai.generateText({ model, prompt: `${n}*2` }).then(({ text }) => text)),
    );
    expect(texts).toEqual(["1*2 = 2", "2*2 = 4", "3*2 = 6"]);
  });
});

it("an abort ends the stream as the SDK knows it, and the answer at the service", async () => {
  const { ours, theirs } = await both(
    async (model) => {
      const controller = new AbortController();
      const kinds: string[] = [];
      const stream = ai.streamText({ model, prompt: "count to 1000", abortSignal: controller.signal });
      for await (const { type } of stream.fullStream) {
        if (type === "text-delta") controller.abort();
        if (kinds.at(-1) !== type && !/^(reasoning|start|raw)/.test(type)) kinds.push(type);
      }
      return kinds.at(-1);
    },
    { pace: { delayMsPerWord: 10 } },
  );
  expect(ours).toBe("abort");
  expect(ours).toBe(theirs);
});

// The SDK's own model does not take the emulator's list of tools, whose annotations are null.
it("a call of an MCP server and its result come as the SDK has them, and go back as they came", async () => {
  const server = await emulator();
  const model = codexApi(MODEL, { line: line(server, { carrier: "http" }) });
  const options = { model, tools: { mcp: tools.mcp(MCP) } };
  const first = await ai.generateText({ ...options, prompt: "ask the mcp server docs for cats" });
  expect(first.toolResults).toMatchObject([{ toolName: "mcp.lookup", output: { type: "call", serverLabel: "docs" } }]);
  const messages = [
    { role: "user", content: "ask the mcp server docs for cats" },
    ...first.response.messages,
    { role: "user", content: "17*23" },
  ];
  await ai.generateText({ ...options, messages });
  const input = bodiesOf<{ input: { type: string }[] }>(server).at(-1)?.input ?? [];
  expect(input.map(({ type }) => type).filter((type) => type !== "reasoning")).toEqual([
    "message",
    "mcp_list_tools",
    "mcp_call",
    "message",
    "message",
  ]);
});

it("a refusal of the service is our error with its kind, once", async () => {
  const server = await emulator({ scenario: { rules: [{ when: {}, reply: { status: 401 } }] } });
  const failed = ai.generateText({ model: codexApi(MODEL, { line: line(server) }), prompt: "hi" });
  await expect(failed).rejects.toMatchObject({ kind: expect.any(String), outlook: expect.any(String) });
});

it("settings without a field at the service are warned of", async () => {
  const server = await emulator();
  const { warnings } = await ai.generateText({
    model: codexApi(MODEL, { line: line(server) }),
    prompt: "hi",
    topK: 4,
    seed: 1,
  });
  expect(warnings).toMatchObject([{ feature: "topK" }, { feature: "seed" }]);
});

it("raw chunks come where they are asked for", async () => {
  const server = await emulator();
  const { fullStream } = ai.streamText({
    model: codexApi(MODEL, { line: line(server) }),
    prompt: "hi",
    includeRawChunks: true,
  });
  const raw: unknown[] = [];
  for await (const part of fullStream) if (part.type === "raw") raw.push(part.rawValue);
  expect(raw).toContainEqual(expect.objectContaining({ type: expect.stringMatching(/^response\./) }));
});

it("AI SDK 6 runs a tool loop with files through the model of its specification", async () => {
  const six = await installed<Ai>("ai-6");
  const server = await emulator();
  const model = codexApi(MODEL, { line: line(server), specification: "v3" });
  const image = { type: "image", image: Buffer.from(IMAGE, "base64") };
  const messages = [{ role: "user", content: [{ type: "text", text: "What is the weather in Paris?" }, image] }];
  const weather = six.tool({ inputSchema: z.object({ location: z.string() }), execute: async () => "18 degrees" });
  const { text } = await six.generateText({
    model,
    messages,
    tools: { get_weather: weather },
    stopWhen: six.stepCountIs(5),
  });
  expect(text).toContain("18 degrees");
  const [first] = bodiesOf<{ input: { content: { type: string }[] }[] }>(server);
  expect(first?.input[0]?.content[1]).toMatchObject({
    type: "input_image",
    image_url: `data:image/png;base64,${IMAGE}`,
  });
  let streamed = "";
  for await (const part of six.streamText({ model, prompt: "17*23" }).fullStream)
    if (part.type === "text-delta") streamed += part.text;
  expect(streamed).toBe("17*23 = 391");
});
