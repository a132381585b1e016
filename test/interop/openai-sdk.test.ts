import { expect, it } from "vitest";
import { exerciseLanes, type OpenAiWebSocket } from "../support/openai-websocket.ts";
import { emulator } from "../wire/emulator/raw-client.ts";
import { installed } from "./installed.ts";

interface Item {
  readonly id: string;
  readonly type: string;
}

interface Response {
  readonly id: string;
  readonly status: string;
  readonly output_text: string;
  readonly output_parsed?: unknown;
  readonly output: readonly Item[];
}

interface Page {
  readonly data: readonly Item[];
}

interface Sdk {
  readonly responses: {
    create(
      body: Record<string, unknown> & { readonly stream: true },
    ): Promise<AsyncIterable<{ readonly type: string; readonly response?: Response }>>;
    create(body: object): Promise<Response>;
    parse(body: object): Promise<Response>;
    stream(body: object): { finalResponse(): Promise<Response> };
    retrieve(
      id: string,
      query: { stream: true; starting_after: number },
    ): Promise<AsyncIterable<{ sequence_number: number }>>;
    retrieve(id: string): Promise<Response>;
    cancel(id: string): Promise<Response>;
    delete(id: string): Promise<void>;
    compact(body: object): Promise<{ readonly output: readonly Item[] }>;
    readonly inputItems: { list(id: string): Promise<Page> };
    readonly inputTokens: { count(body: object): Promise<{ readonly input_tokens: number }> };
  };
  readonly conversations: {
    create(body: object): Promise<{ readonly id: string }>;
    delete(id: string): Promise<{ readonly deleted: boolean }>;
    readonly items: { list(id: string): Promise<Page> };
  };
  readonly models: { list(): Promise<Page>; retrieve(id: string): Promise<Item> };
  readonly files: { create(body: object): Promise<Item>; content(id: string): Promise<{ text(): Promise<string> }> };
  readonly images: { edit(body: object): Promise<{ readonly data: readonly unknown[] }> };
  readonly realtime: { readonly clientSecrets: { create(body: object): Promise<{ readonly value: string }> } };
}

async function sdk(options: Parameters<typeof emulator>[0] = {}) {
  const { default: OpenAI } = await installed<{
    default: new (options: { apiKey: string; baseURL: string; maxRetries: number }) => Sdk;
  }>("openai");
  const server = await emulator(options);
  return { server, client: new OpenAI({ apiKey: "k", baseURL: server.url, maxRetries: 0 }) };
}

const HELLO = { model: "gpt-5.5", input: "hello" };

it("creates, streams and parses", async () => {
  const { client } = await sdk();
  expect((await client.responses.create({ model: "m", input: "17*23" })).output_text).toBe("17*23 = 391");
  expect((await client.responses.stream(HELLO).finalResponse()).status).toBe("completed");
  const types: string[] = [];
  for await (const { type } of await client.responses.create({ ...HELLO, stream: true as const })) types.push(type);
  expect(types.at(-1)).toBe("response.completed");
  const schema = {
    type: "object",
    properties: { sum: { type: "integer" } },
    required: ["sum"],
    additionalProperties: false,
  };
  const format = { type: "json_schema", name: "sum", strict: true, schema };
  const parsed = await client.responses.parse({ model: "m", input: "add 4", text: { format } });
  expect(parsed.output_parsed).toEqual({ sum: 4 });
});

it("goes on with stored and background responses, and conversations", async () => {
  const { client } = await sdk();
  const { id } = await client.responses.create(HELLO);
  expect((await client.responses.retrieve(id)).id).toBe(id);
  expect((await client.responses.inputItems.list(id)).data).toHaveLength(1);
  expect((await client.responses.inputTokens.count(HELLO)).input_tokens).toBeGreaterThan(0);
  expect((await client.responses.compact({ model: "m", previous_response_id: id })).output.at(-1)?.type).toBe(
    "compaction",
  );
  await client.responses.delete(id);
  await expect(client.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
  const conversation = await client.conversations.create({ items: [{ role: "user", content: "I am Ada" }] });
  const recalled = await client.responses.create({
    model: "m",
    conversation: conversation.id,
    input: "what did I say?",
  });
  expect(recalled.output_text).toContain("Ada");
  expect((await client.conversations.items.list(conversation.id)).data).toHaveLength(3);
  expect((await client.conversations.delete(conversation.id)).deleted).toBe(true);
});

it("takes up the stream of a background response, and cancels one", async () => {
  const { client } = await sdk({ pace: { delayMsPerWord: 20 } });
  const first = await client.responses.create({ ...HELLO, background: true, stream: true as const });
  let id = "";
  for await (const event of first) {
    id = event.response?.id ?? id;
    if (event.type === "response.output_text.delta") break;
  }
  const numbers: number[] = [];
  const rest = await client.responses.retrieve(id, { stream: true, starting_after: 4 });
  for await (const { sequence_number } of rest) numbers.push(sequence_number);
  expect(numbers[0]).toBe(5);
  expect(numbers).toEqual(numbers.map((_, index) => index + 5));
  const other = await client.responses.create({ ...HELLO, background: true });
  expect((await client.responses.cancel(other.id)).status).toBe("cancelled");
});

it("asks for models, files, images and client secrets", async () => {
  const { client } = await sdk();
  expect((await client.models.list()).data).toHaveLength(2);
  expect((await client.models.retrieve("gpt-5.5")).id).toBe("gpt-5.5");
  const file = await client.files.create({ file: new File(["content"], "a.txt"), purpose: "user_data" });
  expect(await (await client.files.content(file.id)).text()).toBe("content");
  const image = new File(["x"], "a.png", { type: "image/png" });
  expect((await client.images.edit({ model: "gpt-image-1", image, prompt: "p", n: 2 })).data).toHaveLength(2);
  expect((await client.realtime.clientSecrets.create({ session: { type: "realtime" } })).value).toMatch(/^ek_/);
});

it("runs lanes, forks and corrections on one WebSocket, and is refused names", async () => {
  const { OpenAI } = await installed<Pick<OpenAiWebSocket, "OpenAI">>("openai");
  const { ResponsesWS } = await installed<Pick<OpenAiWebSocket, "ResponsesWS">>("openai/resources/responses/ws");
  const server = await emulator({ pace: { delayMsPerWord: 5 } });
  await exerciseLanes({ OpenAI, ResponsesWS }, server.url);
});
