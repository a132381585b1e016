// The least that a client of such a stream can do: undici, split at blank lines, JSON.parse of every event. It knows no other line ends, no
// comments, no errors, no time-outs and no terminal event.
import { peer } from "../modules.mjs";
import { requestOf } from "./request.mjs";

/** @type {import("../client.mjs").Open} */
export async function open(origin) {
  const { Agent, request } = await peer("undici");
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  return {
    async read(model, onEvent, input) {
      const { body } = await request(`${origin}/v1/responses`, { dispatcher, ...requestOf(model, input) });
      const decoder = new TextDecoder();
      let rest = "";
      for await (const chunk of body) {
        const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
        rest = parts.pop() ?? "";
        for (const part of parts) {
          const event = JSON.parse(part.slice(part.indexOf("\ndata: ") + 7));
          const wait = onEvent(event.type === "response.output_text.delta" ? event.delta : undefined);
          if (wait) await wait;
        }
      }
    },
  };
}
