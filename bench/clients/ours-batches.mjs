import { ours } from "../modules.mjs";

/** @type {import("../client.mjs").Open} */
export async function open(origin) {
  const { apiKeyAuth, ResponsesClient } = await ours("index");
  const client = new ResponsesClient({ provider: { name: "bench", baseUrl: `${origin}/v1` }, auth: apiKeyAuth("key") });
  return {
    async read(model, onEvent, input = "x") {
      const stream = await client.stream({ model, input });
      for await (const batch of stream.batches()) {
        for (const event of batch) {
          const wait = onEvent(event.type === "output_text.delta" ? event.delta : undefined);
          if (wait) await wait;
        }
      }
    },
  };
}
