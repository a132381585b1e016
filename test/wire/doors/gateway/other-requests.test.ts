import { describe, expect, it } from "vitest";
import WebSocket from "ws";
import { send } from "../../emulator/raw-client.ts";
import { eventsIn, HELLO } from "../support.ts";
import { connect, gate, gateTo } from "./support.ts";

describe("other requests", () => {
  it("are forwarded if they belong to responses: models, compaction, stored responses, uploads, resumed streams", async () => {
    const { gateway, emulator } = await gate();
    expect((await send(`${gateway.url}/models`)).json).toHaveProperty("data");
    const stored = await send(`${gateway.url}/responses`, { body: { ...HELLO, background: true, store: true } });
    const created = eventsIn(stored.text)[0]?.data as unknown as { response: { id: string } };
    const { id } = created.response;
    const again = await send(`${gateway.url}/responses/${id}?stream=true&starting_after=0`);
    expect(eventsIn(again.text).length).toBeGreaterThan(0);
    expect((await send(`${gateway.url}/responses/${id}`)).json).toMatchObject({ id });
    const compact = await send(`${gateway.url}/responses/compact`, {
      body: { model: "gpt-5.5", input: [{ role: "user", content: "hi" }] },
    });
    expect(compact.json).toHaveProperty("output");
    const boundary = "a-boundary-of-some-length-1234";
    const part = (name: string, text: string) =>
      `--${boundary}\r\ncontent-disposition: form-data; name=${name}\r\n\r\n${text}\r\n`;
    const upload = `${part('"purpose"', "user_data")}${part('"file"; filename="a.txt"', "abc")}--${boundary}--\r\n`;
    const headers = { "content-type": `multipart/form-data; boundary=${boundary}` };
    for (const length of [{ "content-length": String(upload.length) }, { "transfer-encoding": "chunked" }]) {
      const file = await send(`${gateway.url}/files`, { body: upload, headers: { ...headers, ...length } });
      expect(file.json).toMatchObject({ filename: "a.txt", bytes: 3 });
    }
    expect(new Set(emulator.requests.map(({ headers }) => headers.authorization))).toEqual(new Set(["Bearer inside"]));
  });

  it("are not forwarded otherwise", async () => {
    const { gateway, emulator } = await gate();
    for (const path of [
      "/organization/admin_api_keys",
      "/responses/../organization",
      "/responses/%2e%2e/organization",
      "/responsesque",
    ])
      expect((await send(`${gateway.url}${path}`)).status).toBe(404);
    expect((await send(`${new URL(gateway.url).origin}/`)).status).toBe(404);
    expect(emulator.requests).toHaveLength(0);
  });

  it("that no fetch may send are answered with the reason", async () => {
    const { gateway } = await gateTo("http://127.0.0.1:1/v1"); // a port that the Fetch standard forbids
    expect((await send(`${gateway.url}/models`)).json).toMatchObject({
      error: { code: "gateway_fault", message: "The gateway failed: fetch failed: bad port" },
    });
  });

  it("are repeated with renewed credentials", async () => {
    let key = "old";
    const onUnauthorized = () => {
      key = "inside";
      return true;
    };
    const auth = { bearerToken: () => key, onUnauthorized };
    const { gateway, url } = await gate({}, { auth });
    expect((await send(`${gateway.url}/models`)).status).toBe(200);
    key = "old";
    const socket = await connect(url);
    expect(socket.readyState).toBe(WebSocket.OPEN);
    key = "old";
    expect((await send(url, { body: HELLO })).status).toBe(200);
  });
});
