import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import type { ResponseItem } from "../../../src/api/wire/items.ts";
import { encodeResponsesRequest } from "../../../src/api/wire/requests.ts";
import { emulate } from "../../support/clients.ts";
import { startTcpServer } from "../../support/proxies/loopback.ts";
import { answerTo, handshakesAt, openSession, user } from "./support.ts";

const TURNS = 50;

/** About 14 kB of instructions and tools, as an agent has them: prose and schemas, little of it twice. */
function setting() {
  const rule = (n: number) =>
    `Rule ${n}: when step ${n * 7919} meets case ${n * 104_729}, prefer plan ${(n * 31_337) % 997}. `;
  const tool = (n: number) => ({
    type: "function" as const,
    name: `tool_${n}`,
    description: `Does ${n * 7919} and reports ${n * 31_337}.`,
    parameters: { type: "object", properties: { [`argument_${n}`]: { type: "string" } }, required: [`argument_${n}`] },
  });
  const instructions = Array.from({ length: 134 }, (_, n) => rule(n)).join("");
  return { instructions, tools: Array.from({ length: 28 }, (_, n) => tool(n)) };
}

/** Forwards to `port` and counts what the client sends. */
async function countingRelay(port: number) {
  let sentBytes = 0;
  const relay = await startTcpServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    upstream.on("error", () => client.destroy());
    client.on("close", () => upstream.destroy());
    client.on("data", (chunk: Buffer) => {
      sentBytes += chunk.length;
    });
    client.pipe(upstream).pipe(client);
  });
  return { port: relay.port, sentBytes: () => sentBytes };
}

describe("a conversation of 50 turns", () => {
  it.each([
    { frameCompression: true, most: 0.05 },
    { frameCompression: false, most: 0.4 }, // instructions and tools go along with every request
  ])(
    "puts a small part of the bytes on the wire that 50 full requests would: $most at most, with frameCompression $frameCompression",
    async ({ frameCompression, most }) => {
      const emulator = await emulate({ compressFrames: true });
      const relay = await countingRelay(Number(new URL(emulator.url).port));
      const { session } = openSession(`http://127.0.0.1:${relay.port}/v1`, { frameCompression });
      const fixed = { model: "m", ...setting() };
      const settingBytes = Buffer.byteLength(JSON.stringify(setting()));
      expect(settingBytes).toBeGreaterThan(13_000);
      expect(settingBytes).toBeLessThan(15_000);

      const input: ResponseItem[] = [];
      let fullBytes = 0;
      for (let turn = 0; turn < TURNS; turn += 1) {
        input.push(user(`repeat: ${Array.from({ length: 40 }, (_, n) => `word${turn * n * 7919}`).join(" ")}`));
        fullBytes += Buffer.byteLength(JSON.stringify(encodeResponsesRequest({ ...fixed, input })));
        input.push(...(await answerTo(session, { ...fixed, input })).items);
      }
      const share = relay.sentBytes() / fullBytes;
      process.stdout.write(
        `50 turns, frames ${frameCompression ? "compressed" : "plain"}: ${relay.sentBytes()} bytes sent instead of ${fullBytes}, ${(share * 100).toFixed(1)} %\n`,
      );
      expect(handshakesAt(emulator)).toHaveLength(1);
      expect(share).toBeLessThan(most);
    },
  );
});
