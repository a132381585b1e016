import { open as openAny } from "./ws.mjs";

/** @type {import("../client.mjs").Open} */
export function open(origin) {
  return openAny(origin, { frames: "compressed" });
}
