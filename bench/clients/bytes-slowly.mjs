// undici, and the bytes thrown away, for a reader that rests now and then: what Node and undici alone make memory grow by.
import { peer } from "../modules.mjs";
import { requestOf } from "./request.mjs";

/** The reader counts by the text of deltas, which the endless stream hardly has anything else than. */
const TEXT = " ".repeat(64 * 1024);

/** @type {import("../client.mjs").Open} */
export async function open(origin) {
  const { Agent, request } = await peer("undici");
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  return {
    async read(model, onEvent) {
      const { body } = await request(`${origin}/v1/responses`, { dispatcher, ...requestOf(model) });
      for await (const chunk of body) {
        const wait = onEvent(TEXT.slice(0, chunk.length));
        if (wait) await wait;
      }
    },
  };
}
