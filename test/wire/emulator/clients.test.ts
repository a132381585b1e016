// `npm run test:interop` in short: the official SDK, where that script has installed it.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { FOLDER, installed } from "../../interop/installed.ts";
import { emulator } from "./raw-client.ts";

interface Sdk {
  readonly responses: {
    create(body: object): Promise<{ readonly id: string; readonly output_text: string }>;
    stream(body: object): { finalResponse(): Promise<{ readonly status: string }> };
    retrieve(id: string): Promise<{ readonly id: string }>;
  };
}

it.skipIf(!existsSync(join(FOLDER, "installed.json")))("the official SDK creates, streams and retrieves", async () => {
  const { default: OpenAI } = await installed<{ default: new (options: object) => Sdk }>("openai");
  const { url } = await emulator();
  const { responses } = new OpenAI({ apiKey: "k", baseURL: url, maxRetries: 0 });
  const { id, output_text } = await responses.create({ model: "m", input: "17*23" });
  expect(output_text).toBe("17*23 = 391");
  expect((await responses.retrieve(id)).id).toBe(id);
  expect((await responses.stream({ model: "m", input: "hello" }).finalResponse()).status).toBe("completed");
});
