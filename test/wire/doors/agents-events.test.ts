import { Agent, Runner } from "@openai/agents";
import { expect, it } from "vitest";
import { CodexApiModelProvider } from "../../../src/doors/openai-agents/index.ts";
import { clientOptions, emulate } from "../../support/clients.ts";

it("the framework's raw events and responses name the response and its model", async () => {
  const { url } = await emulate();
  const runner = new Runner({
    modelProvider: new CodexApiModelProvider({ line: clientOptions(url) }),
    tracingDisabled: true,
  });
  const agent = new Agent({ name: "a", model: "gpt-5.5" });
  const result = await runner.run(agent, "17*23", { stream: true });
  const responses: unknown[] = [];
  for await (const event of result) {
    if (event.type !== "raw_model_stream_event" || event.data.type !== "model") continue;
    const { type, response } = event.data.event as { type: string; response?: unknown };
    if (type === "response.created" || type === "response.completed") responses.push(response);
  }
  const named = { id: expect.stringMatching(/^resp_/), object: "response", model: "gpt-5.5" };
  expect(responses).toMatchObject([
    { ...named, status: "in_progress", output: [] },
    { ...named, status: "completed", output: [{ type: "message" }] },
  ]);
  const { rawResponses } = await runner.run(agent, "17*23");
  expect(rawResponses).toMatchObject([{ responseId: named.id, providerData: { ...named, status: "completed" } }]);
});
