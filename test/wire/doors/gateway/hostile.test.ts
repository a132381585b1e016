import { EventEmitter, once } from "node:events";
import { describe, expect, it } from "vitest";
import { send } from "../../emulator/raw-client.ts";
import { kindsOf } from "../../session/support.ts";
import { HELLO } from "../support.ts";
import { gate, gateTo, openRaw, serviceOf, UPGRADE } from "./support.ts";

/** A service that gives every request the same answer, and records the requests. */
async function service(headers: Record<string, string> = {}) {
  const asked: { readonly url: string; readonly headers: NodeJS.Dict<string | string[]> }[] = [];
  const url = await serviceOf((message, response) => {
    asked.push({ url: message.url ?? "", headers: message.headers });
    response.writeHead(200, { "content-type": "application/json", ...headers }).end('{"object":"list","data":[]}');
  });
  return { asked, url };
}

describe("a path", () => {
  it("that leads out of what is passed on by backslashes or parameters is refused", async () => {
    const { asked, url } = await service();
    const { gateway } = await gateTo(url);
    for (const path of [
      "/v1/responses/..\\..\\organization",
      "/v1/responses\\..\\organization",
      "/v1/files/..%5Cx",
      "/v1/files/..;/x",
    ]) {
      const socket = await openRaw(gateway.url, `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
      const [head] = await once(socket, "data");
      expect(String(head)).toMatch(/^HTTP\/1.1 40[04]/);
    }
    expect(asked).toEqual([]);
  });

  it("keeps its query as it came, a repeated parameter too", async () => {
    const { asked, url } = await service();
    const { gateway } = await gateTo(url, {}, { queryParams: { "api-version": "1" } });
    await send(`${gateway.url}/responses/resp_1?include[]=a&include[]=b&after=x%20y`);
    const { searchParams } = new URL(asked[0]?.url ?? "", "http://service");
    expect([...searchParams]).toEqual([
      ["api-version", "1"],
      ["include[]", "a"],
      ["include[]", "b"],
      ["after", "x y"],
    ]);
  });
});

it("refuses a method that no service has", async () => {
  const { url, entries } = await gate();
  expect((await send(url, { method: "TRACE" })).status).toBe(404);
  expect(entries[0]?.error).toBeUndefined();
});

describe("a web page", () => {
  it("that has no name but an address is as much of elsewhere as any other", async () => {
    const { url } = await gate();
    const status = async (headers: Record<string, string>) => (await send(url, { body: HELLO, headers })).status;
    for (const origin of ["http://203.0.113.5", "http://[2001:db8::1]:8080", "null", "file://"])
      expect(await status({ origin })).toBe(403);
    for (const origin of ["http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]"])
      expect(await status({ origin })).toBe(200);
    expect(await status({ host: "192.0.2.7:8790", origin: "http://192.0.2.7:8790" })).toBe(200); // the same place
  });
});

it("takes the name of an allowed host in upper and lower case alike", async () => {
  const { url } = await gate({}, { allowedHosts: ["Box.Example"] });
  expect((await send(url, { body: HELLO, headers: { host: "box.example:8790" } })).status).toBe(200);
  expect((await send(url, { body: HELLO, headers: { host: "box.example.evil" } })).status).toBe(403);
});

describe("headers", () => {
  it("of the service's that set cookies stay inside: the client of the next request may be another", async () => {
    const cookie = { "set-cookie": "session=secret" };
    const { asked, url } = await service(cookie);
    const { gateway } = await gateTo(url);
    expect((await send(`${gateway.url}/models`)).headers).not.toHaveProperty("set-cookie");
    expect(asked).toHaveLength(1);
    for (const step of [{ headers: cookie }, { status: 429, headers: cookie, body: { error: {} } }]) {
      const { url, emulator } = await gate({ script: [step, step] }, { carrier: "http" });
      for (const stream of [true, false])
        expect((await send(url, { body: { ...HELLO, stream } })).headers).not.toHaveProperty("set-cookie");
      expect(emulator.requests).toHaveLength(2);
    }
    const { gateway: other } = await gate({ script: [{ refuse: { status: 429, headers: cookie } }] });
    const socket = await openRaw(other.url, UPGRADE);
    const [head] = await once(socket, "data");
    expect(String(head)).toContain("429");
    expect(String(head)).not.toContain("cookie");
  });

  it("of the provider's that say who pays go along where the client's do not", async () => {
    const { asked, url } = await service();
    const { gateway } = await gateTo(url, {}, { headers: { "openai-organization": "org-ours" } });
    await send(`${gateway.url}/models`, { headers: { "openai-organization": "org-theirs" } });
    expect(asked[0]?.headers["openai-organization"]).toBe("org-ours");
  });
});

describe("a connection", () => {
  it("whose WebSocket is refused ends, whether or not the client ends it", async () => {
    const { gateway } = await gate({}, { tokens: ["t"] });
    const socket = await openRaw(gateway.url, UPGRADE);
    socket.resume();
    await once(socket, "end");
    await gateway.close({ graceMs: 600_000 }); // would wait for it
  });

  it("that offers HTTP/2 with its first request, as Java's client does, is served without", async () => {
    const { gateway, emulator, entries } = await gate();
    const body = JSON.stringify(HELLO);
    const head = `host: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n`;
    const offer = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n";
    const socket = await openRaw(gateway.url, `POST /v1/responses HTTP/1.1\r\n${head}${offer}\r\n${body.slice(0, 9)}`);
    let text = "";
    const ends = new EventEmitter();
    socket.on("data", (chunk) => {
      text += String(chunk);
      if (text.endsWith("0\r\n\r\n")) ends.emit("end");
    });
    socket.write(body.slice(9));
    for (let count = 1; count <= 2; count += 1) {
      await once(ends, "end");
      expect(text.match(/^HTTP\/1\.1 200 /gm)).toHaveLength(count);
      expect(text.match(/^event: response\.completed$/gm)).toHaveLength(count);
      if (count === 1) socket.write(`POST /v1/responses HTTP/1.1\r\n${head}\r\n${body}`); // the same connection goes on
    }
    expect(kindsOf(emulator).filter((kind) => kind === "frame")).toHaveLength(2);
    expect(entries[0]).toMatchObject({ method: "POST", status: 200 });
    await gateway.close({ graceMs: 600_000 });
  });

  it.each(["", "POST /v1/responses HT"])("on which no request is under way holds no end up: %j", async (text) => {
    const { gateway, url } = await gate();
    await openRaw(gateway.url, text);
    await send(url, { body: HELLO }); // by now the gateway knows the one before
    await gateway.close({ graceMs: 600_000 });
  });
});

describe("a refusal that is passed on", () => {
  it("and never ends is cut at 1 MiB, and the service hears that nobody reads on", async () => {
    const left = new EventEmitter();
    const base = await serviceOf((_message, response) => {
      const block = Buffer.alloc(64 * 1024, "x");
      const more = (): void => {
        while (!response.destroyed && response.write(block));
      };
      response.on("drain", more).once("close", () => left.emit("left"));
      response.writeHead(400, { "content-type": "text/plain" });
      more();
    });
    const heard = once(left, "left");
    const { gateway } = await gateTo(base);
    const { status, text } = await send(`${gateway.url}/models`);
    expect(status).toBe(400);
    expect(text).toHaveLength(1024 * 1024);
    await heard;
  });
});
