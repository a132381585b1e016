import { peer } from "../modules.mjs";

/** @type {import("../client.mjs").Open} */
export async function open(origin) {
  const { default: OpenAI } = await peer("openai");
  const { ResponsesWS } = await peer("openai/resources/responses/ws");
  const client = new OpenAI({ baseURL: `${origin}/v1`, apiKey: "key", maxRetries: 0 });
  return {
    async read(model, onEvent) {
      const socket = new ResponsesWS(client);
      socket.send({ type: "response.create", model, input: [] });
      for await (const record of socket.stream()) {
        if (record.type === "error") throw record.error;
        if (record.type !== "message") continue;
        const event = record.message;
        const wait = onEvent(event.type === "response.output_text.delta" ? event.delta : undefined);
        if (wait) await wait;
        if (event.type === "response.completed") socket.close();
      }
    },
  };
}
