/** The only file that loads `ws`: on the first handshake, since most who start an emulator open no WebSocket. */
export function loadWs(): Promise<typeof import("ws")> {
  return import("ws");
}
