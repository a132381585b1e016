import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { parseFrame } from "../../src/api/realtime/protocol/decoders.ts";
import { v3 } from "../../src/api/realtime/protocol/v3.ts";
import type { RealtimeSession } from "../../src/api/realtime/session.ts";
import { createHttpsAgent } from "../../src/client/interop/index.ts";
import { caFile } from "../support/ca-file.ts";
import { emulate } from "../support/clients.ts";
import { installed } from "./installed.ts";

const load = createRequire(join(import.meta.dirname, "../../.cache/counterparts/package.json"));

/** The SDK's declarations, without comments. */
function declarations(): string {
  const path = join(load.resolve("openai"), "../resources/realtime/realtime.d.ts");
  return readFileSync(path, "utf8").replace(/\/\*\*[\s\S]*?\*\//g, "");
}

/** The body of an interface, its nested ones included. */
function bodyOf(source: string, name: string): string {
  return new RegExp(`interface ${name} \\{\\n([\\s\\S]*?)\\n\\s*\\}`).exec(source)?.[1] ?? "";
}

/** A value of the type that a field has, as far as an example needs it. */
function exampleOf(type: string): unknown {
  const literal = /^'([^']+)'/.exec(type.trim())?.[1];
  if (literal !== undefined) return literal;
  if (/^string\b/.test(type)) return "text";
  if (/^number\b/.test(type)) return 1;
  if (/^Array</.test(type)) return [];
  return { id: "an_id", type: "message" };
}

const source = declarations();
const union = /export type RealtimeServerEvent = ([^;]+);/.exec(source)?.[1] ?? "";
const events = union.split("|").map((each) => {
  const name = each.trim().replace(/^RealtimeServerEvent\./, "");
  const fields = [...bodyOf(source, name).matchAll(/^\s+(\w+)\??: (.+);$/gm)];
  return Object.fromEntries(fields.map(([, field = "", type = ""]) => [field, exampleOf(type)]));
});

it("the SDK's union of server events was found", () => {
  expect(events.length).toBeGreaterThanOrEqual(46);
});

it.each(events.map((event) => [String(event.type), event]))("%s of the SDK's union has a form", (_type, event) => {
  const parsed = parseFrame(v3.decoders, JSON.stringify(event));
  expect(parsed).toMatchObject({ event: { type: expect.any(String) } });
});

/** Every field that a session can have here; the compiler holds it to the type. */
const sessionFields: Readonly<Record<keyof Required<RealtimeSession>, true>> = {
  type: true,
  model: true,
  instructions: true,
  output_modalities: true,
  audio: true,
  tools: true,
  tool_choice: true,
  parallel_tool_calls: true,
  reasoning: true,
  max_output_tokens: true,
  prompt: true,
  tracing: true,
  truncation: true,
  include: true,
  extra: true,
};

it.each(["RealtimeSessionCreateRequest", "RealtimeTranscriptionSessionCreateRequest"])(
  "every field of the SDK's %s is typed",
  (name) => {
    const fields = [...bodyOf(source, name).matchAll(/^\s+(\w+)\??:/gm)].map(([, field]) => field);
    expect(fields.length).toBeGreaterThan(2);
    for (const field of fields) expect(sessionFields).toHaveProperty(field ?? "");
  },
);

interface SdkEvent {
  readonly type: string;
  readonly delta?: string;
  readonly response?: { readonly status?: string };
}

interface SdkRealtime {
  readonly socket: { on(name: "open", listener: () => void): void };
  on(name: "event", listener: (event: SdkEvent) => void): void;
  on(name: "error", listener: (error: Error) => void): void;
  send(event: object): void;
  close(): void;
}

it("the SDK's OpenAIRealtimeWS talks with the emulator over TLS, and interrupts it twice", async () => {
  const emulator = await emulate({ tls: true, pace: { delayMsPerWord: 10 } });
  const agent = createHttpsAgent({ env: { CODEX_CA_CERTIFICATE: caFile(emulator.caPem) } });
  const { OpenAI } = installed<{ readonly OpenAI: new (options: object) => object }>("openai");
  const { OpenAIRealtimeWS } = installed<{
    readonly OpenAIRealtimeWS: new (options: object, client: object) => SdkRealtime;
  }>("openai/realtime/ws");
  const client = new OpenAI({ apiKey: "sk-key", baseURL: emulator.url, maxRetries: 0 });
  const sdk = new OpenAIRealtimeWS({ model: "gpt-realtime-2.1", options: { agent } }, client);
  onTestFinished(() => {
    sdk.close();
    agent.destroy();
  });
  const statuses: (string | undefined)[] = [];
  const say = (text: string): void => {
    const item = { type: "message", role: "user", content: [{ type: "input_text", text }] };
    sdk.send({ type: "conversation.item.create", item });
    sdk.send({ type: "response.create" });
  };
  await new Promise<void>((resolve, reject) => {
    let isCancelled = false;
    sdk.on("error", reject);
    sdk.on("event", ({ type, response }) => {
      if (type === "response.output_audio.delta" && statuses.length < 2 && !isCancelled) {
        isCancelled = true;
        sdk.send({ type: "response.cancel" });
      }
      if (type !== "response.done") return;
      statuses.push(response?.status);
      isCancelled = false;
      if (statuses.length === 3) resolve();
      else say(statuses.length === 1 ? "count to 100" : "repeat: done");
    });
    sdk.socket.on("open", () => say("count to 100"));
  });
  expect(statuses).toEqual(["cancelled", "cancelled", "completed"]);
});
