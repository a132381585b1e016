import { Agent, OpenAIProvider, Runner, tool } from "@openai/agents";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { bodiesAt } from "../../session/support.ts";
import { gate } from "./support.ts";

describe("the Agents SDK", () => {
  it("runs a tool loop with its own client, in which only new items are sent", async () => {
    const { gateway, emulator } = await gate();
    const weather = tool({
      ...{ name: "get_weather", description: "The weather", parameters: z.object({ location: z.string() }) },
      execute: async () => "18 degrees",
    });
    const agent = new Agent({ name: "a", instructions: "Be brief.", model: "gpt-5.5", tools: [weather] });
    const modelProvider = new OpenAIProvider({ apiKey: "k", baseURL: gateway.url, useResponses: true });
    const runner = new Runner({ modelProvider, tracingDisabled: true });
    const { finalOutput } = await runner.run(agent, "What is the weather in Paris?");
    expect(finalOutput).toContain("18 degrees");
    expect(bodiesAt(emulator).map((body) => "previous_response_id" in body)).toEqual([false, true]);
  });
});
