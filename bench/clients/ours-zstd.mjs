import { open as openOurs } from "./ours.mjs";

/** @type {import("../client.mjs").Open} */
export const open = (origin) => openOurs(origin, { compression: "zstd" });
