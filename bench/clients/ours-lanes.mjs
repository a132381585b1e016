import { ours } from "../modules.mjs";

/** Each answer on a lane of its own, 16 lanes a WebSocket. @type {import("../client.mjs").Open} */
export async function open(origin, { frames } = {}) {
  const { apiKeyAuth, ResponsesSession } = await ours("index");
  const provider = { name: "bench", baseUrl: `${origin}/v1`, supportsWebSockets: true };
  const session = new ResponsesSession({
    provider,
    auth: apiKeyAuth("key"),
    carrier: "websocket",
    maxConnections: 1_000,
    frameCompression: frames !== "plain",
  });
  return {
    async read(model, onEvent) {
      const lane = session.lane();
      for await (const event of await lane.stream({ model, input: "x" })) {
        const wait = onEvent(event.type === "output_text.delta" ? event.delta : undefined);
        if (wait) await wait;
      }
      await lane.close();
    },
  };
}
