import { peer } from "../modules.mjs";

/** @type {import("../client.mjs").Open} */
export async function open(origin) {
  const { default: OpenAI } = await peer("openai");
  const client = new OpenAI({ baseURL: `${origin}/v1`, apiKey: "key", maxRetries: 0 });
  return {
    async read(model, onEvent) {
      const stream = await client.responses.create({ model, input: "x", stream: true });
      for await (const event of stream) {
        const wait = onEvent(event.type === "response.output_text.delta" ? event.delta : undefined);
        if (wait) await wait;
      }
    },
  };
}
