import { describe, expect, it } from "vitest";
import { emulator, send } from "../raw-client.ts";

const HELLO = { model: "gpt-5.5", input: "hello" };

describe("the record of requests", () => {
  it("contains them as they arrived", async () => {
    const server = await emulator();
    const headers = { "X-Two": "b", "x-one": "a" };
    await send(`${server.url}/responses?x=%20`, { body: HELLO, headers });
    const request = await server.nextRequest();
    expect(request).toMatchObject({
      kind: "http",
      method: "POST",
      path: "/v1/responses?x=%20",
      json: HELLO,
      connection: 1,
    });
    expect(request.headers["x-two"]).toBe("b");
    expect(request.rawHeaders.filter(([name]) => /^x-/i.test(name))).toEqual(Object.entries(headers));
    expect(server.requests).toEqual([request]);
  });

  it("joins headers of the same name", async () => {
    const server = await emulator();
    await send(`${server.url}/models`, { headers: { "x-twice": ["a", "b"] } });
    const request = await server.nextRequest();
    expect(request.headers["x-twice"]).toBe("a, b");
    expect(request.rawHeaders.filter(([name]) => name === "x-twice")).toHaveLength(2);
  });

  it("contains headers with any name", async () => {
    const { url, requests } = await emulator();
    await send(`${url}/responses`, { body: HELLO, headers: { constructor: "a", ["__proto__"]: "b" } });
    expect(requests[0]?.headers.constructor).toBe("a");
    expect(Object.entries(requests[0]?.headers ?? {})).toContainEqual(["__proto__", "b"]);
  });

  it("is passed to onRequest, whose failure changes nothing", async () => {
    const paths: string[] = [];
    const onRequest = ({ path }: { path: string }) => {
      paths.push(path);
      throw new Error("log full");
    };
    const { url } = await emulator({ onRequest });
    expect((await send(`${url}/models`)).status).toBe(200);
    expect(paths).toEqual(["/v1/models"]);
  });
});
