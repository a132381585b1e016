import { open as openAny } from "./ours-websocket.mjs";

/** @type {import("../client.mjs").Open} */
export function open(origin) {
  return openAny(origin, { frames: "plain" });
}
