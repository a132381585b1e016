import { ours } from "../modules.mjs";
import { readEvents } from "./agents.mjs";

/** @type {import("../client.mjs").Open} */
export async function open(origin) {
  const { apiKeyAuth } = await ours("index");
  const { CodexApiModelProvider } = await ours("openai-agents");
  // HTTP, as the other one: the two differ in the door alone.
  const line = { provider: { name: "bench", baseUrl: `${origin}/v1` }, auth: apiKeyAuth("key"), carrier: "http" };
  const provider = new CodexApiModelProvider({ line });
  return { read: async (model, onEvent) => readEvents(await provider.getModel(model), onEvent) };
}
