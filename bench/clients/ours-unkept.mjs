import { open as openKept } from "./ours.mjs";

/** @type {import("../client.mjs").Open} */
export const open = (origin, options) => openKept(origin, { ...options, keep: false });
