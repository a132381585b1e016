import type { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { undiciBody } from "../../../../src/client/http/request-body.ts";

const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));

describe("the body for undici", () => {
  it("of up to 64 KiB is passed unchanged", () => {
    const small = bytes.subarray(0, 65_536);
    expect(undiciBody(small, () => {})).toEqual({ body: small, headers: {} });
    expect(undiciBody(undefined, () => {})).toEqual({ body: null, headers: {} });
  });

  it("above that is passed in pieces that make up the whole, with its length, and each is progress", async () => {
    let progress = 0;
    const { body, headers } = undiciBody(bytes, () => {
      progress += 1;
    });
    const pieces = await (body as Readable).toArray();
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
    expect(pieces.length).toBe(4);
    expect(progress).toBe(4);
    expect(headers).toEqual({ "content-length": "200000" });
  });

  it("that is given in pieces has no length, and each is progress", async () => {
    let progress = 0;
    async function* given() {
      yield bytes.subarray(0, 10);
      yield bytes.subarray(10, 20);
    }
    const { body, headers } = undiciBody(given(), () => {
      progress += 1;
    });
    expect(Buffer.concat(await (body as Readable).toArray())).toEqual(bytes.subarray(0, 20));
    expect({ progress, headers }).toEqual({ progress: 2, headers: {} });
  });
});
