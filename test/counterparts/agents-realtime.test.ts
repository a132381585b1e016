import { expect, it, onTestFinished } from "vitest";
import { connectWebSocket } from "../../src/client/interop/index.ts";
import { caFile } from "../support/ca-file.ts";
import { emulate } from "../support/clients.ts";
import { installed } from "./installed.ts";

interface HistoryItem {
  readonly type: string;
  readonly role?: string;
  readonly name?: string;
  readonly output?: string | null;
  readonly status?: string;
  readonly content?: readonly { readonly text?: string; readonly transcript?: string | null }[];
}

interface Session {
  readonly history: readonly HistoryItem[];
  connect(options: { readonly apiKey: string; readonly url: string }): Promise<void>;
  sendMessage(text: string): void;
  sendAudio(audio: ArrayBuffer, options?: { readonly commit: boolean }): void;
  interrupt(): void;
  close(): void;
  on(name: string, listener: (...args: never[]) => void): void;
}

interface Agents {
  readonly RealtimeAgent: new (options: object) => object;
  readonly RealtimeSession: new (agent: object, options: object) => Session;
  readonly OpenAIRealtimeWebSocket: new (options: object) => object;
  readonly tool: (options: object) => object;
}

const { RealtimeAgent, RealtimeSession, OpenAIRealtimeWebSocket, tool } = installed<Agents>("@openai/agents/realtime");

/** A session of the framework with the emulator over TLS, and what it tells. */
async function open() {
  const emulator = await emulate({ tls: true, pace: { delayMsPerWord: 5 } });
  const env = { CODEX_CA_CERTIFICATE: caFile(emulator.caPem) };
  const url = `${emulator.url.replace("https:", "wss:")}/realtime?model=gpt-realtime-2.1`;
  const transport = new OpenAIRealtimeWebSocket({
    createWebSocket: () => connectWebSocket(url, { env, headers: { authorization: "Bearer sk-key" } }),
    skipOpenEventListeners: true,
  });
  const weather = tool({
    name: "get_weather",
    description: "Tells the weather of a city.",
    parameters: {
      type: "object",
      properties: { city: { type: "string" } },
      required: ["city"],
      additionalProperties: false,
    },
    execute: async () => "18 degrees and sunny",
  });
  const agent = new RealtimeAgent({ name: "guide", instructions: "Be brief.", tools: [weather] });
  const session = new RealtimeSession(agent, {
    transport,
    config: { audio: { input: { transcription: { model: "gpt-live-transcribe" } } } },
  });
  const errors: unknown[] = [];
  session.on("error", (error) => void errors.push(error));
  const heard: { audioBytes: number; done: string[]; ended: string[]; interrupted: number } = {
    audioBytes: 0,
    done: [],
    ended: [],
    interrupted: 0,
  };
  let noticed: () => void = () => {};
  const on = (name: string, act: (value: never, more: never) => void): void =>
    session.on(name, (...args: never[]) => {
      act(args[0] as never, args[1] as never);
      noticed();
    });
  on("audio", ({ data }: { readonly data: ArrayBuffer }) => {
    heard.audioBytes += data.byteLength;
  });
  on("audio_interrupted", () => {
    heard.interrupted += 1;
  });
  on("agent_tool_end", () => heard.ended.push("get_weather"));
  on(
    "transport_event",
    ({ type, response }: { readonly type: string; readonly response?: { readonly status?: string } }) => {
      if (type === "response.done") heard.done.push(response?.status ?? "");
    },
  );
  on("history_updated", () => {});
  await session.connect({ apiKey: "sk-key", url });
  onTestFinished(() => session.close());
  /** Resolves once it holds; what the session tells is looked at each time. */
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        noticed = resolve;
      });
    }
  };
  return { session, errors, heard, until };
}

function textOf({ content = [] }: HistoryItem): string {
  return content.map(({ text, transcript }) => text ?? transcript ?? "").join("");
}

it("the agents' RealtimeSession writes, calls a tool, hears and is interrupted twice, with its history in order", async () => {
  const { session, errors, heard, until } = await open();

  session.sendMessage("repeat: hello there");
  await until(() => heard.done.length === 1);
  session.sendMessage("What is the weather in Paris?");
  await until(() => heard.done.length === 3); // the call, and the answer to its output
  expect(heard.ended).toEqual(["get_weather"]);

  const chunk = (level: number) => new Uint8Array(24 * 2 * 100).fill(level).buffer;
  for (const level of [...Array(4).fill(0x20), ...Array(7).fill(0)]) session.sendAudio(chunk(level));
  await until(() => heard.done.length === 4);
  const spokenBytes = heard.audioBytes;
  expect(spokenBytes).toBeGreaterThan(0);

  for (const round of [1, 2]) {
    session.sendMessage("count to 100");
    const { audioBytes: before, interrupted } = heard;
    await until(() => heard.audioBytes > before);
    if (round === 1) session.interrupt();
    else for (let sent = 0; sent < 4; sent += 1) session.sendAudio(chunk(0x20)); // the user speaks into it
    await until(() => heard.interrupted > interrupted && heard.done.length === 4 + round);
  }
  for (let sent = 0; sent < 7; sent += 1) session.sendAudio(chunk(0));
  await until(() => heard.done.length === 7);
  expect(heard.done).toEqual([...Array(4).fill("completed"), "cancelled", "cancelled", "completed"]);
  expect(errors).toEqual([]);

  const shown = session.history.map((item) => [item.role ?? item.type, item.name ?? textOf(item)]);
  expect(shown).toEqual([
    ["user", "repeat: hello there"],
    ["assistant", "hello there"],
    ["user", "What is the weather in Paris?"],
    ["function_call", "get_weather"],
    ["assistant", expect.stringContaining("18 degrees and sunny")],
    ["user", "sound of 0.4 seconds"],
    ["assistant", expect.any(String)],
    ["user", "count to 100"],
    ["assistant", expect.any(String)],
    ["user", "count to 100"],
    ["assistant", expect.any(String)],
    ["user", "sound of 0.4 seconds"],
    ["assistant", expect.any(String)],
  ]);
});
