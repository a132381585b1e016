import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { BodyPieces } from "../../../src/client/body-pieces.ts";
import type { ByteStream } from "../../../src/client/transport.ts";
import { serve, serveTcp } from "../../support/serve.ts";
import { errorOf, openTransport, post } from "../../support/transport.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** True once nothing holds the object any more; false if something still does after many collections. */
async function isLetGo(object: WeakRef<object>): Promise<boolean> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    if (object.deref() === undefined) return true;
  }
  return false;
}

describe("the body of a request", () => {
  it.each([1_000, 65_535, 65_536, 5_000_000])(
    "of %d bytes arrives whole and with its length, again and again on one connection",
    async (size) => {
      const server = await serve((_request, response) => response.end("ok"));
      const transport = openTransport();
      const body = "x".repeat(size - 1);
      for (const end of ["a", "b"]) await transport.execute(post(server.url, body + end));
      expect(server.requests.map(({ headers }) => headers["content-length"])).toEqual([String(size), String(size)]);
      expect(
        server.requests.map((request) => request.body.toString() === body + "ab"[server.requests.indexOf(request)]),
      ).toEqual([true, true]);
      expect(server.connections).toBe(1);
    },
  );

  it("in pieces arrives whole and with its length, and is repeated where a redirect asks for that", async () => {
    const pieces = ["one, ", "x".repeat(100_000), " and the last"];
    const server = await serve((_request, response, index) => {
      if (index === 0) response.writeHead(307, { location: "/moved" }).end();
      else response.end("ok");
    });
    const body = new BodyPieces(pieces.map((piece) => Buffer.from(piece)));
    await openTransport().execute({ ...post(server.url, ""), body });
    const whole = pieces.join("");
    expect(server.requests.map((request) => request.body.toString() === whole)).toEqual([true, true]);
    expect(server.requests.map(({ headers }) => headers["content-length"])).toEqual(
      Array(2).fill(String(whole.length)),
    );
  });

  it.each([
    ["in one", () => Buffer.from("x".repeat(1_000_000))],
    ["in pieces", () => new BodyPieces(["x", "y"].map((text) => Buffer.from(text.repeat(500_000))))],
  ])("%s is let go once it is sent, while the answer lasts", async (_what, bodyOf) => {
    const { url } = await serve((_request, response) => response.write("first"));
    const transport = openTransport();
    const begin = async (): Promise<{ sent: WeakRef<object>; body: ByteStream }> => {
      const request = { ...post(url, ""), body: bodyOf() };
      const { body } = await transport.stream(request);
      return { sent: new WeakRef(request.body as object), body };
    };
    const { sent, body } = await begin();
    expect(await isLetGo(sent)).toBe(true);
    body.cancel();
  });

  it("does not stay with the connection that is kept", async () => {
    const { url } = await serve((_request, response) => response.end("all"));
    const transport = openTransport();
    const exchange = async (): Promise<WeakRef<object>> => {
      const request = post(url, "x".repeat(1_000_000));
      await transport.execute(request);
      return new WeakRef(request.body as object);
    };
    expect(await isLetGo(await exchange())).toBe(true);
  });

  it("of a server that refuses it unread does not hide the refusal", async () => {
    const { url } = await serveTcp((socket) => {
      socket.once("readable", () => {
        socket.write("HTTP/1.1 413 Too Large\r\nconnection: close\r\ncontent-length: 9\r\n\r\ntoo large");
      });
    });
    const error = await errorOf(openTransport().execute(post(url, "x".repeat(20_000_000))));
    expect(error).toMatchObject({ kind: "http", status: 413 });
  });
});
