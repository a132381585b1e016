// undici, and the bytes thrown away: what the network alone costs.
import { peer } from "../modules.mjs";
import { requestOf } from "./request.mjs";

/** @type {import("../client.mjs").Open} */
export async function open(origin) {
  const { Agent, request } = await peer("undici");
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  return {
    async read(model) {
      const { body } = await request(`${origin}/v1/responses`, { dispatcher, ...requestOf(model) });
      for await (const _chunk of body);
    },
  };
}
