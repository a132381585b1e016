import { ours } from "../modules.mjs";

/** @type {import("../client.mjs").Open} */
export async function open(origin, { frames } = {}) {
  const { apiKeyAuth, ResponsesWebSocketClient } = await ours("index");
  const provider = { name: "bench", baseUrl: `${origin}/v1`, supportsWebSockets: true };
  const client = new ResponsesWebSocketClient({ provider, auth: apiKeyAuth("key") });
  return {
    async read(model, onEvent) {
      const connection = await client.connect({ compression: frames !== "plain" });
      for await (const event of await connection.stream({ model, input: "x" })) {
        const wait = onEvent(event.type === "output_text.delta" ? event.delta : undefined);
        if (wait) await wait;
      }
      await connection.close();
    },
  };
}
