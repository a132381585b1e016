// Programs that know nothing of this package, with one line changed: their `fetch`, or their base URL. Each does the same against the emulator itself, over
// createResponsesFetch and through the gateway, and is told the same.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { createResponsesFetch } from "../../src/doors/fetch/index.ts";
import { startGateway } from "../../src/doors/gateway/index.ts";
import type { Emulator, EmulatorOptions } from "../../src/emulator/index.ts";
import { noAuth, openaiProvider } from "../../src/index.ts";
import { emulator } from "../wire/emulator/raw-client.ts";
import { wire } from "../wire/session/support.ts";
import { codex, expectShellRun, home, provider, RUN } from "./codex-cli.ts";
import { installed } from "./installed.ts";

const QUESTION = "What is the weather in Paris?";
const MODEL = "gpt-5.5";
const PARAMETERS = { type: "object", properties: { location: { type: "string" } }, required: ["location"] };

/** The settings of a program that differ: the base URL and `fetch`. */
interface Way {
  readonly baseURL: string;
  readonly fetch?: typeof fetch;
}

async function gateway({ url }: Emulator): Promise<string> {
  const started = await startGateway({
    provider: openaiProvider({ env: {}, baseUrl: url, proxy: false }),
    auth: noAuth(),
    env: {},
  });
  onTestFinished(() => started.close());
  return started.url;
}

const WAYS: readonly (readonly [name: string, way: (server: Emulator) => Promise<Way>])[] = [
  [
    "createResponsesFetch",
    async ({ url }) => {
      const ours = createResponsesFetch({ env: {} });
      onTestFinished(() => ours.close());
      return { baseURL: url, fetch: ours };
    },
  ],
  ["the gateway", async (server) => ({ baseURL: await gateway(server) })],
];

/** The same program without us and in this way, each with its own emulator. */
async function compared<Told>(
  way: (server: Emulator) => Promise<Way>,
  program: (at: Way) => Promise<Told>,
  options: EmulatorOptions = {},
) {
  const [one, two] = [await emulator(options), await emulator(options)];
  return { theirs: await program({ baseURL: one.url }), ours: await program(await way(two)), server: two };
}

/** Of a refused or broken call, what a program sees. */
function failure(error: unknown) {
  const { name, status, code, message, headers } = error as Record<string, unknown>;
  const retryAfter = headers instanceof Headers ? headers.get("retry-after") : undefined;
  return { name, status, code, message: String(message).slice(0, 200), retryAfter };
}

function asked(server: Emulator): Record<string, unknown>[] {
  return server.requests.flatMap(({ kind, json }) =>
    kind !== "handshake" && typeof json === "object" && json !== null && "input" in json
      ? [json as Record<string, unknown>]
      : [],
  );
}

const CUT = { events: [wire.created, wire.delta("lost")], terminateAfterEvents: 2 };
const REFUSAL = { error: { message: "Because.", type: "some_type", code: "some_code", param: null } };
const STATUSES = [400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 529];

describe.each(WAYS)("over %s", (_name, way) => {
  describe("the openai SDK", async () => {
    interface Sdk {
      readonly responses: {
        create(
          body: Record<string, unknown> & { readonly stream: true },
          options?: object,
        ): Promise<AsyncIterable<{ readonly type: string; readonly delta?: string }>>;
        create(
          body: object,
          options?: object,
        ): Promise<{ readonly output_text: string; readonly output: readonly object[] }>;
        stream(body: object): {
          finalResponse(): Promise<{ readonly output_text: string; readonly output: readonly object[] }>;
        };
      };
      readonly files: { create(body: object): Promise<{ readonly bytes: number }> };
      readonly models: { list(): Promise<{ readonly data: readonly object[] }> };
    }
    const { default: OpenAI, toFile } = await installed<{
      default: new (options: object) => Sdk;
      toFile(data: Uint8Array, name: string): Promise<object>;
    }>("openai");
    const client = (at: Way, more: object = {}) => new OpenAI({ apiKey: "k", maxRetries: 0, ...at, ...more });

    it("creates, streams, uploads, and goes on with what is new alone", async () => {
      const program = async (at: Way) => {
        const sdk = client(at);
        const input: object[] = [{ role: "user", content: "My cat is called Ada" }];
        const first = await sdk.responses.stream({ model: MODEL, input }).finalResponse();
        input.push(...first.output, { role: "user", content: "what did I just say?" });
        const second = await sdk.responses.create({ model: MODEL, input });
        const file = await sdk.files.create({ file: await toFile(Buffer.from("abc"), "a.txt"), purpose: "user_data" });
        return [first.output_text, second.output_text, file.bytes, (await sdk.models.list()).data.length > 0];
      };
      const { theirs, ours, server } = await compared(way, program);
      expect(ours).toEqual(theirs);
      expect(asked(server)[1]).toMatchObject({ previous_response_id: expect.any(String), input: [{}] });
    });

    it("calls tools with a parsed stream", async () => {
      const program = async (at: Way) => {
        const tools = [{ type: "function", name: "get_weather", strict: null, parameters: PARAMETERS }];
        const { output } = await client(at).responses.stream({ model: MODEL, input: QUESTION, tools }).finalResponse();
        return output.map((item) => (item as { type: string; name?: string }).name ?? (item as { type: string }).type);
      };
      const { theirs, ours } = await compared(way, program);
      expect(ours).toEqual(theirs);
      expect(ours).toContain("get_weather");
    });

    it.each(STATUSES)("sees a refusal with %i as over HTTP, and asks again as over HTTP", async (status) => {
      const step = { status, headers: { "retry-after-ms": "1", "x-mark": "m" }, body: REFUSAL };
      const program = (at: Way) =>
        client(at, { maxRetries: 1 })
          .responses.create({ model: MODEL, input: "hi", stream: true as const })
          .then(() => "answered", failure);
      const plain = await emulator({ script: [step, step, step] });
      const server = await emulator({ script: [step, step, step] });
      expect(await program(await way(server))).toEqual(await program({ baseURL: plain.url }));
      expect(asked(server)).toHaveLength(asked(plain).length);
    });

    it("is cut where the service is, and hears nothing twice", async () => {
      const program = async (at: Way) => {
        let text = "";
        try {
          const stream = await client(at, { maxRetries: 3 }).responses.create({
            model: MODEL,
            input: "hi",
            stream: true as const,
          });
          for await (const event of stream) text += event.delta ?? "";
          return `${text} and an end`;
        } catch {
          return text;
        }
      };
      const { theirs, ours, server } = await compared(way, program, { script: [CUT, {}, {}, {}] });
      expect([ours, theirs]).toEqual(["lost", "lost"]);
      expect(asked(server)).toHaveLength(1);
    });

    it("is aborted, and the generation with it", async () => {
      const server = await emulator({ script: [{ events: [wire.created, wire.delta("x")], stallAfterEvents: 2 }] });
      const abort = new AbortController();
      const stream = await client(await way(server)).responses.create(
        { model: MODEL, input: "hi", stream: true as const },
        { signal: abort.signal },
      );
      const seen: string[] = [];
      for await (const { type } of stream) {
        seen.push(type);
        if (type === "response.output_text.delta") abort.abort();
      }
      expect(seen.at(-1)).toBe("response.output_text.delta");
      await server.waitForClosedWebSockets(1);
    });
  });

  it("@ai-sdk/openai runs a tool loop with its references, streams, and fails as ever", async () => {
    interface Ai {
      generateText(options: object): Promise<{ readonly text: string; readonly steps: readonly object[] }>;
      streamText(options: object): { readonly textStream: AsyncIterable<string> };
      stepCountIs(count: number): unknown;
      tool(definition: object): unknown;
    }
    const { generateText, streamText, stepCountIs, tool } = await installed<Ai>("ai");
    const { createOpenAI } = await installed<{ createOpenAI(options: object): (model: string) => unknown }>(
      "@ai-sdk/openai",
    );
    const { z } = await installed<{ z: { object(shape: object): unknown; string(): unknown } }>("zod");
    const program = async (at: Way) => {
      const model = createOpenAI({ apiKey: "k", ...at })(MODEL);
      const get_weather = tool({ inputSchema: z.object({ location: z.string() }), execute: async () => "18 degrees" });
      const { text, steps } = await generateText({
        model,
        prompt: QUESTION,
        tools: { get_weather },
        stopWhen: stepCountIs(5),
      });
      let streamed = "";
      for await (const delta of streamText({ model, prompt: "17*23" }).textStream) streamed += delta;
      return { text, steps: steps.length, streamed };
    };
    const { theirs, ours, server } = await compared(way, program);
    expect(ours).toEqual(theirs);
    expect(ours.text).toContain("18 degrees");
    expect(asked(server)[1]).toMatchObject({ previous_response_id: expect.any(String) });
    const refused = (at: Way) =>
      generateText({ model: createOpenAI({ apiKey: "k", ...at })(MODEL), prompt: "hi", maxRetries: 0 }).then(
        () => "answered",
        (error: { statusCode?: number; isRetryable?: boolean; responseBody?: string }) => [
          error.statusCode,
          error.isRetryable,
          error.responseBody,
        ],
      );
    const fails = await compared(way, refused, { script: [{ status: 429, body: REFUSAL }] });
    expect(fails.ours).toEqual(fails.theirs);
  });

  it("@openai/agents runs an agent to its end, streamed and not", async () => {
    interface Agents {
      readonly Agent: new (options: object) => unknown;
      readonly Runner: new (
        options: object,
      ) => {
        run(
          agent: unknown,
          input: string,
          options?: object,
        ): Promise<{ readonly finalOutput: string; readonly completed?: Promise<void> }>;
      };
      readonly OpenAIProvider: new (options: object) => unknown;
      tool(definition: object): unknown;
    }
    const { Agent, Runner, OpenAIProvider, tool } = await installed<Agents>("@openai/agents");
    const { default: OpenAI } = await installed<{ default: new (options: object) => unknown }>("openai");
    const { z } = await installed<{ z: { object(shape: object): unknown; string(): unknown } }>("zod");
    const program = async (at: Way) => {
      const openAIClient = new OpenAI({ apiKey: "k", ...at });
      const runner = new Runner({
        modelProvider: new OpenAIProvider({ openAIClient, useResponses: true }),
        tracingDisabled: true,
      });
      const weather = tool({
        ...{ name: "get_weather", description: "The weather", parameters: z.object({ location: z.string() }) },
        execute: async () => "18 degrees",
      });
      const agent = new Agent({ name: "a", instructions: "Be brief.", model: MODEL, tools: [weather] });
      const whole = await runner.run(agent, QUESTION);
      const streamed = await runner.run(agent, QUESTION, { stream: true });
      await streamed.completed;
      return [whole.finalOutput, streamed.finalOutput];
    };
    const { theirs, ours, server } = await compared(way, program);
    expect(ours).toEqual(theirs);
    expect(ours[0]).toContain("18 degrees");
    expect(asked(server).some((body) => "previous_response_id" in body)).toBe(true);
  });

  it("@langchain/openai calls a tool and streams", async () => {
    interface Chat {
      bindTools(tools: readonly object[]): {
        invoke(input: string): Promise<{ readonly tool_calls?: readonly { readonly name: string }[] }>;
      };
      stream(input: string): Promise<AsyncIterable<{ readonly text: string }>>;
    }
    const { ChatOpenAI } = await installed<{ ChatOpenAI: new (options: object) => Chat }>("@langchain/openai");
    const program = async (at: Way) => {
      const chat = new ChatOpenAI({ model: MODEL, apiKey: "k", useResponsesApi: true, configuration: at });
      const get_weather = {
        type: "function",
        function: { name: "get_weather", description: "The weather", parameters: PARAMETERS },
      };
      const { tool_calls } = await chat.bindTools([get_weather]).invoke(QUESTION);
      let text = "";
      for await (const chunk of await chat.stream("17*23")) text += chunk.text;
      return [tool_calls?.map(({ name }) => name), text];
    };
    const { theirs, ours } = await compared(way, program);
    expect(ours).toEqual(theirs);
    expect(ours).toEqual([["get_weather"], "17*23 = 391"]);
  });
});

describe("through the gateway", () => {
  it.each([
    ["over HTTP", ""],
    ["over a WebSocket", "\nsupports_websockets = true"],
  ])("the Codex CLI runs a command %s, sending what is new", async (_carrier, setting) => {
    const server = await emulator();
    const url = await gateway(server);
    const run = await codex(home(`${provider({ url })}${setting}`), RUN);
    expectShellRun(run);
    const overHttp = server.requests.filter(({ kind, method }) => kind === "http" && method === "POST");
    expect(overHttp).toEqual([]);
    expect(asked(server).at(-1)).toMatchObject({ previous_response_id: expect.any(String) });
  });

  it("curl streams", async () => {
    const url = await gateway(await emulator());
    const body = JSON.stringify({ model: MODEL, input: "17*23", stream: true });
    const { stdout } = await promisify(execFile)("curl", [
      "-sN",
      `${url}/responses`,
      "-H",
      "content-type: application/json",
      "-d",
      body,
    ]);
    expect(stdout).toMatch(/^event: response\.created\ndata: \{/);
    expect(stdout).toContain("event: response.completed\n");
  });

  it("a Python program of the standard library streams and is refused", async () => {
    const server = await emulator({ script: [{}, { status: 429, headers: { "retry-after": "7" }, body: REFUSAL }] });
    const program = `
import json, sys, urllib.error, urllib.request
url = sys.argv[1] + "/responses"
body = json.dumps({"model": "${MODEL}", "input": "17*23", "stream": True}).encode()
ask = urllib.request.Request(url, body, {"content-type": "application/json"})
text = ""
with urllib.request.urlopen(ask) as answer:
    for line in answer:
        if line.startswith(b"data: "):
            text += json.loads(line[6:]).get("delta", "")
print(text)
try:
    urllib.request.urlopen(ask)
except urllib.error.HTTPError as refused:
    print(refused.code, refused.headers["retry-after"], json.load(refused)["error"]["code"])
`;
    const { stdout } = await promisify(execFile)("python3", ["-c", program, await gateway(server)], {
      env: { PATH: process.env.PATH },
    });
    expect(stdout).toBe("17*23 = 391\n429 7 some_code\n");
  });
});
