import { constants, deflateRawSync } from "node:zlib";
import { expect, it } from "vitest";
import { beBusy } from "../../support/busy.ts";
import { emulate, readEvents } from "../../support/clients.ts";
import { frame, opcode, type RawPeer, serveRaw } from "./raw-server.ts";
import { connect, typesOf, wire } from "./responses-support.ts";

const TIMEOUT_MS = 400;
const RSV1 = 0x40;

/** RFC 7692 §7.2.1: without the last four bytes of the flush. */
function deflatedFrame(event: object): Buffer {
  const bytes = deflateRawSync(JSON.stringify(event), { finishFlush: constants.Z_SYNC_FLUSH });
  return frame(opcode.text, bytes.subarray(0, -4), 0x80 | RSV1);
}

it("data that arrived while the process was busy for longer than the idle time-out count, even if still compressed", async () => {
  const peers: RawPeer[] = [];
  const lines = ["Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover"];
  const server = await serveRaw((peer) => peers.push(peer), { lines });
  const connection = await connect(server.url, { provider: { streamIdleTimeoutMs: TIMEOUT_MS } });
  const stream = await connection.stream({ model: "m", input: "x" });
  const reading = readEvents(stream);
  await peers[0]?.nextFrame();
  await new Promise((resolve) => setTimeout(resolve, TIMEOUT_MS / 20));
  const text = wire.delta("a text long enough to be deflated ".repeat(500));
  peers[0]?.socket.write(Buffer.concat([deflatedFrame(text), deflatedFrame(wire.completed)]));
  beBusy(2 * TIMEOUT_MS);
  const { events, error } = await reading;
  expect(error).toBeUndefined();
  expect(typesOf(events)).toEqual(["output_text.delta", "completed"]);
});

it("a server that got no ping, because the process was busy, is pinged before it counts as dead", async () => {
  const emulator = await emulate();
  const connection = await connect(emulator.url, { provider: { livenessTimeoutMs: TIMEOUT_MS } });
  beBusy(2 * TIMEOUT_MS);
  await new Promise((resolve) => setTimeout(resolve, TIMEOUT_MS / 4));
  expect(connection.isClosed).toBe(false);
});
