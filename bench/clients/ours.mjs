import { ours } from "../modules.mjs";

/** @type {import("../client.mjs").Open} */
export async function open(origin, { compression, keep } = {}) {
  const { apiKeyAuth, ResponsesClient } = await ours("index");
  const provider = { name: "bench", baseUrl: `${origin}/v1` };
  const client = new ResponsesClient({ provider, auth: apiKeyAuth("key") });
  return {
    async read(model, onEvent, input = "x") {
      for await (const event of await client.stream({ model, input }, { compression, keep })) {
        const wait = onEvent(event.type === "output_text.delta" ? event.delta : undefined);
        if (wait) await wait;
      }
    },
  };
}
