import { peer } from "../modules.mjs";

/** @type {import("../client.mjs").Open} */
export async function open(origin) {
  const { createOpenAI } = await peer("@ai-sdk/openai");
  const provider = createOpenAI({ baseURL: `${origin}/v1`, apiKey: "key" });
  return { read: (model, onEvent) => readParts(provider.responses(model), onEvent) };
}

/**
 * One answer of a language model, as the AI SDK asks for it.
 *
 * @param {any} model
 * @param {import("../client.mjs").OnEvent} onEvent
 */
export async function readParts(model, onEvent) {
  const prompt = [{ role: "user", content: [{ type: "text", text: "x" }] }];
  const { stream } = await model.doStream({ prompt });
  for await (const part of stream) {
    if (part.type === "error") throw part.error;
    const wait = onEvent(part.type === "text-delta" ? part.delta : undefined);
    if (wait) await wait;
  }
}
