// `ws` and JSON.parse of every message on shared sockets, 16 lanes each, and a promise for each event: the least that a client of lanes can do. It
// knows no errors, no time-outs and no limits.
import { peer } from "../modules.mjs";

const LANES = 16;

/** @typedef {{ socket: any, opened: Promise<unknown>, lanes: Map<string, (event: any) => void> }} Shared */

/** @type {import("../client.mjs").Open} */
export async function open(origin, { frames } = {}) {
  const { WebSocket } = await peer("ws");
  const all = /** @type {Shared[]} */ ([]);

  function connect() {
    const socket = new WebSocket(`${origin.replace("http", "ws")}/v1/responses`, {
      perMessageDeflate: frames !== "plain",
    });
    const opened = new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
    const shared = /** @type {Shared} */ ({ socket, opened, lanes: new Map() });
    socket.on("message", (/** @type {Buffer} */ data) => {
      const event = JSON.parse(data.toString());
      shared.lanes.get(event.stream_id)?.(event);
    });
    all.push(shared);
    return shared;
  }

  return {
    async read(model, onEvent) {
      const shared = all.find(({ lanes }) => lanes.size < LANES) ?? connect();
      const name = `lane-${shared.lanes.size + 1}`;
      const queue = /** @type {any[]} */ ([]);
      let wake = () => {};
      shared.lanes.set(name, (event) => {
        queue.push(event);
        wake();
      });
      await shared.opened;
      shared.socket.send(JSON.stringify({ type: "response.create", stream_id: name, model, input: [] }));
      for (;;) {
        if (queue.length === 0) {
          await new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
            wake = resolve;
          });
        }
        const event = await Promise.resolve(queue.shift());
        onEvent(event.type === "response.output_text.delta" ? event.delta : undefined);
        if (event.type === "response.completed") return;
      }
    },
  };
}
