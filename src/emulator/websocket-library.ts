/** The only file that loads `ws`: with the first handshake, because most users of an emulator open no WebSocket. */
export function loadWs(): Promise<typeof import("ws")> {
  return import("ws");
}
