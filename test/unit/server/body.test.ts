import { once } from "node:events";
import { Readable } from "node:stream";
import { expect, it } from "vitest";
import { readBody, readUpTo } from "../../../src/server/body.ts";

const EVENTS = ["data", "end", "error", "close"];

function listenersOf(message: Readable): number[] {
  return EVENTS.map((event) => message.listenerCount(event));
}

it.each([
  ["whole", (message: Readable) => void message.push(null), { size: 4, body: Buffer.from("some"), hadRoom: true }],
  ["broken off", (message: Readable) => void message.destroy(new Error("reset")), "reset"],
  [
    "aborted by the client",
    (message: Readable) => void message.destroy(),
    "the client left before its request was whole",
  ],
])(
  "a body that is %s leaves nothing on its message that keeps it in memory during the answer",
  async (_how, end, outcome) => {
    const message = new Readable({ read() {} });
    const before = listenersOf(message);
    const read = readUpTo(message, 100).catch((error: Error) => error.message);
    message.push("some");
    await once(message, "data");
    end(message);
    expect(await read).toEqual(outcome);
    expect(listenersOf(message)).toEqual(before);
  },
);

it("a body that is too large is still read to its end", async () => {
  const message = Readable.from([Buffer.alloc(8), Buffer.alloc(8)]);
  await expect(readBody(message, 10)).rejects.toMatchObject({ status: 413 });
  expect(message.readableEnded).toBe(true);
});
