import { peer } from "../modules.mjs";
import { requestOf } from "./request.mjs";

/** @type {import("../client.mjs").Open} */
export async function open(origin) {
  const { Agent, request } = await peer("undici");
  const { createParser } = await peer("eventsource-parser");
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  return {
    async read(model, onEvent) {
      const { body } = await request(`${origin}/v1/responses`, { dispatcher, ...requestOf(model) });
      const decoder = new TextDecoder();
      const parser = createParser({
        onEvent(/** @type {{ data: string }} */ { data }) {
          const event = JSON.parse(data);
          onEvent(event.type === "response.output_text.delta" ? event.delta : undefined);
        },
      });
      for await (const chunk of body) parser.feed(decoder.decode(chunk, { stream: true }));
    },
  };
}
