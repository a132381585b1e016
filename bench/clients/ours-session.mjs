import { ours } from "../modules.mjs";

/** Each answer comes to a session of its own, which stays open. @type {import("../client.mjs").Open} */
export async function open(origin, { carrier } = {}) {
  const { apiKeyAuth, ResponsesSession } = await ours("index");
  const provider = { name: "bench", baseUrl: `${origin}/v1`, supportsWebSockets: true };
  const sessions = /** @type {unknown[]} */ ([]);
  return {
    async read(model, onEvent) {
      const session = new ResponsesSession({ provider, auth: apiKeyAuth("key"), carrier });
      for await (const event of await session.stream({ model, input: "x" })) {
        onEvent(event.type === "output_text.delta" ? event.delta : undefined);
      }
      sessions.push(session);
    },
  };
}
