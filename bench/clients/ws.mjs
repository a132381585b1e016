// `ws` and JSON.parse of every message: the least that a client of the WebSocket can do. Compression only where it is asked for.
import { peer } from "../modules.mjs";

/** @type {import("../client.mjs").Open} */
export async function open(origin, { frames } = {}) {
  const { WebSocket } = await peer("ws");
  return {
    read(model, onEvent) {
      return new Promise((resolve, reject) => {
        const socket = new WebSocket(`${origin.replace("http", "ws")}/v1/responses`, {
          perMessageDeflate: frames === "compressed",
        });
        socket.on("open", () => socket.send(JSON.stringify({ type: "response.create", model, input: [] })));
        socket.on("error", reject);
        socket.on("close", resolve);
        socket.on("message", (/** @type {Buffer} */ data) => {
          const event = JSON.parse(data.toString());
          onEvent(event.type === "response.output_text.delta" ? event.delta : undefined);
          if (event.type === "response.completed") socket.close();
        });
      });
    },
  };
}
