import { describe, expect, it } from "vitest";
import { ResponsesClient } from "../../../../src/api/responses/client.ts";
import { createFrame } from "../../../../src/api/responses/websocket/frames.ts";
import { jsonBody } from "../../../../src/api/service/body.ts";
import { encodeResponsesRequest, websocketFrame } from "../../../../src/api/wire/requests.ts";
import { BodyPieces } from "../../../../src/client/body-pieces.ts";
import { BuildError } from "../../../../src/client/failure/kinds.ts";
import type { HttpRequest } from "../../../../src/client/transport.ts";

const written = (value: unknown): string => {
  const body = jsonBody(value);
  return Buffer.from(body instanceof BodyPieces ? body.joined() : body).toString();
};
const items = (count: number, size = 10) =>
  Array.from({ length: count }, (_, nth) => ({ type: "message", text: `${nth}"\n${"ü€😀x".repeat(size)}` }));

describe("the JSON of a body", () => {
  it.each([
    ["no object", [1, 2]],
    ["a text as input", { model: "m", input: "x" }],
    ["few items", { model: "m", input: items(3), stream: true }],
    ["many items between other fields", { model: "m", input: items(5_000), stream: true }],
    ["many items and nothing else", { input: items(5_000) }],
    ["many items before other fields", { input: items(5_000), a: { input: [] } }],
    ["many items after other fields", { a: '"input":[', input: items(5_000) }],
    ["an item larger than a piece", { input: [...items(40), ...items(3, 100_000), ...items(40)] }],
    ["values that are no JSON", { a: undefined, input: [undefined, () => 1, ...items(40), Number.NaN], b: undefined }],
    ["items with a form of their own", { input: Array.from({ length: 40 }, () => new Date(0)), at: new Date(0) }],
    ["a list with a form of its own", { input: Object.assign(items(40), { toJSON: () => "short" }) }],
    ["an object with a form of its own", { input: items(40), toJSON: () => "short" }],
    ["lone surrogates", { input: items(40).map((item) => ({ ...item, half: "\ud800" })) }],
    ["an empty place", { input: Object.assign(new Array(41), items(20)) }],
  ])("is what JSON.stringify writes: %s", (_what, value) => {
    expect(written(value)).toBe(JSON.stringify(value));
  });

  it("comes in pieces that no one block has to hold, and a short one as its bytes", () => {
    const body = jsonBody({ input: items(5_000) });
    const sizes = [...(body as BodyPieces)].map(({ byteLength }) => byteLength);
    expect(Math.max(...sizes)).toBeLessThan(200_000);
    expect((body as BodyPieces).byteLength).toBe(sizes.reduce((sum, size) => sum + size, 0));
    expect(jsonBody({ input: items(100) })).toBeInstanceOf(Uint8Array);
  });

  it("leaves out items that are not sent, wherever they are", () => {
    const note = { type: "ghost_snapshot", ghost_commit: "x" };
    const said = { type: "message", role: "user", content: [{ type: "input_text", text: "x" }] };
    for (const input of [
      Array.from({ length: 100 }, () => note),
      [...Array.from({ length: 100 }, () => note), said],
      [said, ...Array.from({ length: 5_000 }, () => note), said],
    ]) {
      const request = encodeResponsesRequest({ model: "m", input: input as never });
      expect(JSON.parse(written(request)).input).toEqual(input.filter((item) => item === said));
      expect(written(request)).toBe(JSON.stringify(request));
    }
  });

  it.each([
    1n,
    (() => {
      const own: object[] = [];
      own.push(own);
      return own;
    })(),
  ])("is refused clearly for what cannot be JSON, also late in a long list", (value) => {
    expect(() => jsonBody({ input: [...items(2_000), value] })).toThrow(BuildError);
    expect(() => jsonBody({ input: [...items(2_000), value] })).toThrow("the request body cannot be written as JSON");
  });

  it.each([
    ["few items", items(3)],
    ["many", items(5_000)],
    ["lone surrogates", items(40).map((item) => ({ ...item, half: "\ud800" }))],
  ])("of a frame is what JSON.stringify writes, too: %s", (_what, input) => {
    for (const body of [
      { model: "m", input, stream: true },
      encodeResponsesRequest({ model: "m", input: input as never }),
    ]) {
      const whole = JSON.stringify(websocketFrame(body, { previousResponseId: "resp_1" }));
      expect(createFrame(body, { previousResponseId: "resp_1" })).toBe(whole);
    }
  });

  it("goes to a transport with its length, and whole to who signs it", async () => {
    const sent: HttpRequest[] = [];
    const signed: (Uint8Array | undefined)[] = [];
    const refuse = (request: HttpRequest): Promise<never> => {
      sent.push(request);
      throw new Error("seen");
    };
    const client = new ResponsesClient({
      provider: { name: "test", baseUrl: "http://127.0.0.1:9/v1" },
      auth: {
        headers({ body }) {
          signed.push(body);
          return {};
        },
      },
      transport: { execute: refuse, stream: refuse },
    });
    await expect(client.streamBody({ input: items(5_000) })).rejects.toThrow("seen");
    const [{ body, headers } = {} as HttpRequest] = sent;
    expect(body).toBeInstanceOf(BodyPieces);
    const whole = (body as BodyPieces).joined();
    expect(headers["content-length"]).toBe(String(whole.byteLength));
    expect(signed.map((bytes) => bytes && Buffer.compare(bytes, whole))).toEqual([0]);
  });

  it("can be read again", async () => {
    const body = jsonBody({ input: items(5_000) }) as BodyPieces;
    const read = async () => {
      const pieces: Uint8Array[] = [];
      for await (const piece of body) pieces.push(piece);
      return Buffer.concat(pieces).toString();
    };
    expect(await read()).toBe(await read());
    expect(await read()).toBe(JSON.stringify({ input: items(5_000) }));
  });
});
