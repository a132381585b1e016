import { expect, it } from "vitest";
import { HeldBytes } from "../../../src/client/held-bytes.ts";

function held(pieces: Iterable<Uint8Array>): HeldBytes {
  const bytes = new HeldBytes();
  for (const piece of pieces) bytes.add(piece);
  return bytes;
}

it("returns the received bytes, whatever the pieces", () => {
  const whole = Buffer.from(Array.from({ length: 300_000 }, (_none, index) => index % 251));
  for (const sizes of [[1], [4096], [1, 4096, 7, 100_000], [65_536], [300_000]]) {
    const pieces: Uint8Array[] = [];
    for (let at = 0, n = 0; at < whole.length; n += 1) {
      const size = sizes[n % sizes.length] as number;
      // Of their own memory, and as part of the whole.
      pieces.push(n % 2 ? Buffer.from(whole.subarray(at, at + size)) : whole.subarray(at, at + size));
      at += size;
    }
    const bytes = held(pieces);
    expect(bytes.length).toBe(whole.length);
    expect(Buffer.compare(bytes.take(Buffer.from("end")), Buffer.concat([whole, Buffer.from("end")]))).toBe(0);
    expect([bytes.length, bytes.take().length]).toEqual([0, 0]);
  }
});

it("holds a million pieces of a byte in about their size", () => {
  const network = Buffer.alloc(64 * 1024, "x");
  const before = process.memoryUsage();
  const bytes = new HeldBytes();
  for (let n = 0; n < 4_000_000; n += 1) bytes.add(network.subarray(n % 1000, (n % 1000) + 1));
  const after = process.memoryUsage();
  expect(bytes.length).toBe(4_000_000);
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(8 * 1024 ** 2);
  expect(after.heapUsed - before.heapUsed).toBeLessThan(64 * 1024 ** 2); // pieces kept as objects take 400 MB
});

it("keeps a large piece without a copy", () => {
  const large = Buffer.allocUnsafeSlow(100_000);
  expect(held([large]).take()).toBe(large);
});
