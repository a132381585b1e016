import { peer } from "../modules.mjs";

/** @type {import("../client.mjs").Open} */
export async function open(origin) {
  const { OpenAIProvider } = await peer("@openai/agents");
  const provider = new OpenAIProvider({ apiKey: "key", baseURL: `${origin}/v1`, useResponses: true });
  return { read: async (model, onEvent) => readEvents(await provider.getModel(model), onEvent) };
}

/**
 * One answer of a model, as a run of `@openai/agents` asks for it.
 *
 * @param {any} model
 * @param {import("../client.mjs").OnEvent} onEvent
 */
export async function readEvents(model, onEvent) {
  const request = { input: "x", modelSettings: {}, tools: [], outputType: "text", handoffs: [], tracing: false };
  for await (const event of model.getStreamedResponse(request)) {
    const wait = onEvent(event.type === "output_text_delta" ? event.delta : undefined);
    if (wait) await wait;
  }
}
