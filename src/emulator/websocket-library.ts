import type { RawData } from "ws";

/** The only file that loads `ws`: with the first handshake, because most users of an emulator open no WebSocket. */
export function loadWs(): Promise<typeof import("ws")> {
  return import("ws");
}

/** A message as it is recorded: a text frame is a string. */
export function dataOf(data: RawData, isBinary: boolean): string | Uint8Array {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data);
  return isBinary ? bytes : bytes.toString("utf8");
}
