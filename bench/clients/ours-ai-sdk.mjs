import { ours } from "../modules.mjs";
import { readParts } from "./ai-sdk.mjs";

/** @type {import("../client.mjs").Open} */
export async function open(origin) {
  const { apiKeyAuth } = await ours("index");
  const { codexApi } = await ours("ai-sdk");
  // HTTP, as the other one: the two differ in the door alone.
  const line = { provider: { name: "bench", baseUrl: `${origin}/v1` }, auth: apiKeyAuth("key"), carrier: "http" };
  return { read: (model, onEvent) => readParts(codexApi(model, { line }), onEvent) };
}
