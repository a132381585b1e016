// A bare `ws` connection for each answer, kept open, with compression as this package's sessions have it.
import { peer } from "../modules.mjs";

/** @type {import("../client.mjs").Open} */
export async function open(origin) {
  const { WebSocket } = await peer("ws");
  const sockets = /** @type {unknown[]} */ ([]);
  return {
    read(model, onEvent) {
      return new Promise((resolve, reject) => {
        const socket = new WebSocket(`${origin.replace("http", "ws")}/v1/responses`, { perMessageDeflate: true });
        sockets.push(socket);
        socket.on("open", () => socket.send(JSON.stringify({ type: "response.create", model, input: [] })));
        socket.on("error", reject);
        socket.on("message", (/** @type {Buffer} */ data) => {
          const event = JSON.parse(data.toString());
          onEvent(event.type === "response.output_text.delta" ? event.delta : undefined);
          if (event.type === "response.completed") resolve(undefined);
        });
      });
    },
  };
}
