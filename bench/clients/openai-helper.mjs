// The helper of the SDK that also puts the whole response together.
import { peer } from "../modules.mjs";

/** @type {import("../client.mjs").Open} */
export async function open(origin) {
  const { default: OpenAI } = await peer("openai");
  const client = new OpenAI({ baseURL: `${origin}/v1`, apiKey: "key", maxRetries: 0 });
  return {
    async read(model, onEvent) {
      for await (const event of client.responses.stream({ model, input: "x" })) {
        const wait = onEvent(event.type === "response.output_text.delta" ? event.delta : undefined);
        if (wait) await wait;
      }
    },
  };
}
