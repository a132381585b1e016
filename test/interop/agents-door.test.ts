// The Agents SDK through our models and through its own, side by side against the emulator.
import {
  Agent,
  codeInterpreterTool,
  handoff,
  MemorySession,
  type ModelProvider,
  OpenAIProvider,
  Runner,
  tool,
  toolNamespace,
  webSearchTool,
} from "@openai/agents";
import { expect, it } from "vitest";
import { z } from "zod";
import type { LineOptions } from "../../src/doors/line.ts";
import { CodexApiModelProvider, type CodexApiModelProviderOptions } from "../../src/doors/openai-agents/index.ts";
import type { Emulator, EmulatorOptions } from "../../src/emulator/index.ts";
import { noAuth, openaiProvider, RateLimitError } from "../../src/index.ts";
import { emulator } from "../wire/emulator/raw-client.ts";

const MODEL = "gpt-5.5";

function ours(
  server: Emulator,
  options: Partial<LineOptions & CodexApiModelProviderOptions> = {},
): CodexApiModelProvider {
  const line = { provider: openaiProvider({ baseUrl: server.url, proxy: false }), auth: noAuth(), ...options };
  return new CodexApiModelProvider({ line });
}

function runner(modelProvider: ModelProvider): Runner {
  return new Runner({ modelProvider, tracingDisabled: true });
}

/** The same program with their models and with ours, each with its own emulator. */
async function both<Told>(program: (runner: Runner) => Promise<Told>, options: EmulatorOptions = {}) {
  const [one, two] = [await emulator(options), await emulator(options)];
  return {
    theirs: await program(runner(new OpenAIProvider({ apiKey: "k", baseURL: one.url, useResponses: true }))),
    ours: await program(runner(ours(two))),
    server: two,
  };
}

const weather = tool({
  ...{ name: "get_weather", description: "The weather", parameters: z.object({ location: z.string() }) },
  execute: async () => "18 degrees",
});

function agentOf(options: Partial<ConstructorParameters<typeof Agent>[0]> = {}): Agent {
  return new Agent({
    name: "assistant",
    instructions: "Be brief.",
    model: MODEL,
    tools: [weather],
    ...options,
  } as ConstructorParameters<typeof Agent>[0]) as Agent;
}

interface Ran {
  readonly finalOutput?: unknown;
  readonly newItems: readonly { readonly type: string; readonly rawItem?: unknown }[];
}

function told({ finalOutput, newItems }: Ran) {
  return { finalOutput, items: newItems.map(({ type }) => type).filter((type) => type !== "reasoning_item") };
}

it("a run with a tool gives the same", async () => {
  const { ours, theirs } = await both(async (runner) =>
    told(await runner.run(agentOf(), "What is the weather in Paris?")),
  );
  expect(ours).toEqual(theirs);
  expect(ours.finalOutput).toContain("18 degrees");
});

it("a streamed run gives the same events", async () => {
  const { ours, theirs } = await both(async (runner) => {
    const result = await runner.run(agentOf(), "What is the weather in Paris?", { stream: true });
    const kinds: string[] = [];
    let text = "";
    for await (const event of result) {
      const kind = event.type === "raw_model_stream_event" ? event.data.type : event.type;
      if (event.type === "raw_model_stream_event" && event.data.type === "output_text_delta") text += event.data.delta;
      if (kind !== kinds.at(-1)) kinds.push(kind);
    }
    return {
      kinds: kinds.filter((kind) => kind !== "model").filter((kind, at, all) => kind !== all[at - 1]),
      text,
      ...told(result),
    };
  });
  expect(ours).toEqual(theirs);
});

it("hosted tools give the same", async () => {
  const { ours, theirs } = await both(async (runner) => {
    const agent = agentOf({ tools: [webSearchTool(), codeInterpreterTool()] });
    return [
      told(await runner.run(agent, "search the web for cats")),
      told(await runner.run(agent, "compute 17*23 with python")),
    ];
  });
  expect(ours).toEqual(theirs);
});

it("tools of a namespace, and lists of allowed ones, give the same and are asked for alike", async () => {
  const tools = toolNamespace({ name: "earth", description: "The earth", tools: [weather] });
  const allowed = { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: "other" }] };
  const other = tool({
    ...{ name: "other", description: "Another", parameters: z.object({}) },
    execute: async () => "",
  });
  const agents = [
    agentOf({ tools }),
    agentOf({ tools: [weather, other], modelSettings: { providerData: { tool_choice: allowed } } }),
  ];
  for (const agent of agents) {
    const asked = async (provider: ModelProvider, server: Emulator) => {
      const result = told(await runner(provider).run(agent, "What is the weather in Paris?"));
      const bodies = server.requests.map(
        ({ json }) => json as { input?: unknown; tools?: unknown; tool_choice?: unknown },
      );
      return {
        result,
        asked: bodies.filter((body) => body?.input).map(({ tools, tool_choice = "auto" }) => ({ tools, tool_choice })),
      };
    };
    const [one, two] = [await emulator(), await emulator()];
    const theirs = await asked(new OpenAIProvider({ apiKey: "k", baseURL: one.url, useResponses: true }), one);
    const own = await asked(ours(two), two);
    expect(own).toEqual(theirs);
    expect(own.asked).toHaveLength(agent === agents[0] ? 2 : 1);
  }
});

it("a structured output gives the same", async () => {
  const { ours, theirs } = await both(async (runner) => {
    const agent = agentOf({ tools: [], outputType: z.object({ sum: z.number() }) as never });
    return (await runner.run(agent, "add 4")).finalOutput;
  });
  expect(ours).toEqual(theirs);
});

it("a hand-off gives the same", async () => {
  const { ours, theirs } = await both(async (runner) => {
    const forecaster = agentOf({ name: "forecaster" });
    const triage = agentOf({
      name: "triage",
      tools: [],
      handoffs: [handoff(forecaster)],
      modelSettings: { toolChoice: "transfer_to_forecaster" },
    });
    const result = await runner.run(triage, "What is the weather in Paris?");
    return { ...told(result), last: result.lastAgent?.name };
  });
  expect(ours).toEqual(theirs);
  expect(ours.last).toBe("forecaster");
});

it("a session remembers, and its third request is an increment", async () => {
  const server = await emulator();
  const run = runner(ours(server));
  const session = new MemorySession();
  await run.run(agentOf(), "My cat is called Ada", { session });
  await run.run(agentOf(), "What is the weather in Paris?", { session });
  const { finalOutput } = await run.run(agentOf(), "repeat: well", { session });
  expect(finalOutput).toContain("well");
  const bodies = server.requests
    .map(({ json }) => json as { input?: unknown[]; previous_response_id?: string } | undefined)
    .filter((body) => body?.input);
  expect(bodies.map((body) => body?.previous_response_id !== undefined)).toEqual([false, true, true, true]);
  expect(bodies.map((body) => body?.input?.length)).toEqual([1, 1, 1, 1]);
});

it("goes on from a response that the service has stored", async () => {
  const { ours, theirs } = await both(async (runner) => {
    const first = await runner.run(agentOf(), "My cat is called Ada");
    const second = await runner.run(agentOf(), "what did I just say?", {
      previousResponseId: first.lastResponseId as string,
    });
    return second.finalOutput;
  });
  expect(ours).toEqual(theirs);
  expect(ours).toContain("Ada");
});

it("an abort ends a streamed run", async () => {
  const server = await emulator({ pace: { delayMsPerWord: 10 } });
  const controller = new AbortController();
  const result = await runner(ours(server)).run(agentOf({ tools: [] }), "count to 1000", {
    stream: true,
    signal: controller.signal,
  });
  const read = (async () => {
    for await (const event of result)
      if (event.type === "raw_model_stream_event" && event.data.type === "output_text_delta") controller.abort();
  })();
  await read.catch(() => {});
  await result.completed.catch(() => {});
  expect(result.cancelled || result.error !== undefined || controller.signal.aborted).toBe(true);
});

it("tells the runner whether to ask again, when, and whether that is safe", async () => {
  const model = ours(await emulator()).getModel(MODEL);
  const error = new RateLimitError("slow down", { retryAfterMs: 1500 } as never);
  const advice = await model.getRetryAdvice?.({ request: {} as never, error, stream: false, attempt: 1 });
  expect(advice).toMatchObject({
    suggested: true,
    retryAfterMs: 1500,
    replaySafety: expect.any(String),
    normalized: { errorCode: "rate_limit", isNetworkError: false, isAbort: false },
  });
  expect(
    await model.getRetryAdvice?.({ request: {} as never, error: new Error("x"), stream: false, attempt: 1 }),
  ).toBeUndefined();
});
