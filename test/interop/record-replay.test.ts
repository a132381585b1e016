// Recorded against an emulator with a script, then replayed without it: what clients see is the same, byte for byte.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Emulator, type EmulatorOptions, startEmulator, toolCalls } from "../../src/emulator/index.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { emulator } from "../wire/emulator/raw-client.ts";
import { codex, expectShellRun, home, KEY, provider, RUN } from "./codex-cli.ts";
import { installed } from "./installed.ts";

/** Runs a client against a recorded emulator, closes that, and runs it again against its recordings. */
async function twice<Seen>(
  options: EmulatorOptions,
  run: (server: Emulator) => Promise<Seen>,
  timing: "original" | "none" = "none",
) {
  const folder = temporaryFolder("codex-wire-recordings");
  const upstream = await startEmulator(options);
  const recording = await startEmulator({ record: { folder, upstream: upstream.url } });
  const first = { seen: await run(recording), bytes: received(recording), arrivals: arrivals(recording) };
  await Promise.all([recording.close(), upstream.close()]);
  for (const name of readdirSync(folder)) expect(readFileSync(join(folder, name), "utf8")).not.toContain(KEY.slice(3));
  const replaying = await emulator({ replay: { folder, timing } });
  const again = { seen: await run(replaying), bytes: received(replaying), arrivals: arrivals(replaying) };
  return { first, again };
}

/** What was sent to the client, by exchange. */
function received({ traffic }: Emulator): readonly string[] {
  return Array.from(traffic.exchanges, ({ head, entries }) =>
    [
      `${head.carrier} ${head.method} ${head.path.split("?", 1)[0]}`,
      ...entries.flatMap((entry) => {
        if (entry.kind === "answer") return [`answer ${entry.status}`];
        if (entry.kind === "end") return [entry.how === "left" ? "" : `end ${entry.how}`];
        return entry.kind === "sent" ? [] : [`${entry.kind} ${Buffer.from(entry.data).toString("utf8")}`];
      }),
    ].join("\n"),
  );
}

function arrivals({ traffic }: Emulator): readonly number[] {
  return Array.from(traffic.exchanges, ({ entries }) =>
    entries.flatMap((entry) => (entry.kind === "event" ? [entry.atMs] : [])),
  ).flat();
}

describe("the Codex CLI", () => {
  it.each([
    ["HTTP", ""],
    ["a WebSocket, with increments", "\nsupports_websockets = true"],
  ])("calls its shell over %s", { timeout: 120_000 }, async (_, more) => {
    const { first, again } = await twice({}, async (server) => {
      const run = await codex(home(`${provider(server)}${more}`), RUN);
      expectShellRun(run);
      await server.waitForRequests({ toolOutput: "from-the-shell", continued: more !== "" });
      return run.events.flatMap(({ type, item }) => (type === "item.completed" && item ? [item] : []));
    });
    expect(again.seen).toEqual(first.seen);
    expect(turnsIn(first.bytes).length).toBeGreaterThan(0);
    expect(turnsIn(again.bytes)).toEqual(turnsIn(first.bytes));
  });
});

/** Without what the CLI asks beside its turns, in whatever order. */
function turnsIn(bytes: readonly string[]): readonly string[] {
  return bytes.filter((exchange) => /^\S+ \S+ \S*\/responses\n/.test(exchange));
}

interface Sdk {
  readonly responses: { create(body: object): Promise<AsyncIterable<{ readonly type: string }>> };
}

interface Socket {
  send(event: object): void;
  stream(): AsyncIterable<{
    readonly type: string;
    readonly message?: { readonly type: string; readonly response?: { readonly id: string } };
  }>;
  close(): void;
}

async function sdk({ url }: Emulator): Promise<Sdk> {
  const { default: OpenAI } = await installed<{ default: new (options: object) => Sdk }>("openai");
  return new OpenAI({ apiKey: KEY, baseURL: url, maxRetries: 0 });
}

/** All that the program sees of one call, its failure included. */
async function told(client: Sdk, body: object): Promise<readonly string[]> {
  const seen: string[] = [];
  try {
    for await (const event of await client.responses.create({ model: "gpt-5.5", stream: true, ...body }))
      seen.push(JSON.stringify(event));
  } catch (error) {
    const { status, message } = error as { status?: number; message: string };
    seen.push(`${status} ${message}`);
  }
  return seen;
}

const CALL = { type: "function_call", call_id: "call_1", name: "get_weather", arguments: '{"city":"Paris"}' };
const TOOLS = [{ type: "function", name: "get_weather", parameters: { type: "object", properties: {} } }];

describe("the openai SDK", () => {
  it("sees a loop of tools, a refusal and a cut again", async () => {
    const rules = [
      { when: { toolOutput: true as const }, reply: { answer: "It is 18 degrees." } },
      { when: { text: "weather" }, reply: toolCalls([{ name: "get_weather", arguments: { city: "Paris" } }]) },
      {
        when: { text: "too often" },
        reply: { status: 429, body: { error: { message: "Slow down.", code: "rate_limit_exceeded" } } },
      },
      { when: { text: "cut" }, reply: { answer: "one two three four", terminateAfterEvents: 6 } },
    ];
    const { first, again } = await twice({ scenario: { rules } }, async (server) => {
      const client = await sdk(server);
      const input = { role: "user", content: "the weather" };
      return [
        await told(client, { input: [input], tools: TOOLS }),
        await told(client, {
          input: [input, CALL, { type: "function_call_output", call_id: "call_1", output: "18" }],
          tools: TOOLS,
        }),
        await told(client, { input: "too often" }),
        await told(client, { input: "cut" }),
      ];
    });
    expect(first.seen[0]?.join("\n")).toContain("get_weather");
    expect(first.seen[1]?.join("\n")).toContain("18 degrees");
    expect(first.seen[2]?.join("\n")).toContain("429");
    expect(first.seen[3]?.join("\n")).not.toContain("response.completed");
    expect(again.seen).toEqual(first.seen);
    expect(again.bytes).toEqual(first.bytes);
  });

  it("sees increments over a WebSocket again", async () => {
    const { first, again } = await twice({}, async (server) => {
      const { ResponsesWS } = await installed<{ ResponsesWS: new (client: Sdk) => Socket }>(
        "openai/resources/responses/ws",
      );
      const socket = new ResponsesWS(await sdk(server));
      const seen: string[] = [];
      const turns = ["I am Ada", "what did I say?", ""];
      socket.send({ type: "response.create", model: "gpt-5.5", input: turns.shift() });
      for await (const { type, message } of socket.stream()) {
        if (type !== "message" || !message) continue;
        seen.push(JSON.stringify(message));
        if (message.type !== "response.completed") continue;
        const input = turns.shift();
        if (!input) break;
        socket.send({ type: "response.create", model: "gpt-5.5", input, previous_response_id: message.response?.id });
      }
      socket.close();
      await server.waitForRequests({ carrier: "websocket", continued: true, text: "what did I say" });
      return seen;
    });
    expect(first.seen.join("\n")).toContain("Ada");
    expect(again.seen).toEqual(first.seen);
    expect(again.bytes).toEqual(first.bytes);
  });

  it("sees events as long after its request as they were recorded, to 10 ms", async () => {
    const pace = { tokensPerSecond: 25, firstTokenMs: 200 };
    const run = async (server: Emulator) => told(await sdk(server), { input: "count to 20" });
    const { first, again } = await twice({ pace }, run, "original");
    expect(first.arrivals.length).toBeGreaterThan(20);
    expect(again.arrivals).toHaveLength(first.arrivals.length);
    const off = again.arrivals.map((at, index) => Math.abs(at - (first.arrivals[index] ?? 0))).sort((a, b) => a - b);
    // The one in the middle: the machine may stop this process for a moment, in which nothing that is due can go out.
    expect(off[Math.floor(off.length / 2)]).toBeLessThan(10);
  });
});
