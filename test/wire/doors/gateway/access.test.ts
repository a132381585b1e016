import { describe, expect, it } from "vitest";
import { startGateway } from "../../../../src/doors/gateway/index.ts";
import { Workbench } from "../../../../src/emulator/index.ts";
import { apiKeyAuth, openaiProvider } from "../../../../src/index.ts";
import { open, send } from "../../emulator/raw-client.ts";
import { wire } from "../../session/support.ts";
import { HELLO } from "../support.ts";
import { connect, gate } from "./support.ts";

describe("access", () => {
  it("needs a name of this machine as the host", async () => {
    const { url, emulator } = await gate({}, { allowedHosts: ["box.example"] });
    for (const headers of [{ host: "evil.example" }, { origin: "https://evil.example" }])
      expect((await send(url, { body: HELLO, headers })).status).toBe(403);
    await expect(connect(url, { origin: "https://evil.example" })).rejects.toThrow(/403/);
    expect(emulator.requests).toHaveLength(0);
    expect((await send(url, { body: HELLO, headers: { host: "box.example" } })).status).toBe(200);
  });

  it("of a page of this machine is granted to its browser, and its answers are", async () => {
    const { url, logged } = await gate();
    const page = { origin: "http://localhost:3000" };
    const question = { "access-control-request-method": "POST", "access-control-request-headers": "authorization" };
    const asked = await send(url, { method: "OPTIONS", headers: { ...page, ...question } });
    const readable = { "access-control-allow-origin": page.origin };
    expect(asked).toMatchObject({
      status: 204,
      headers: { ...readable, "access-control-allow-headers": "authorization" },
    });
    for (const [body, status] of [
      [HELLO, 200],
      [{ ...HELLO, stream: false }, 200],
      [{ ...HELLO, input: null }, 400],
    ] as const)
      expect(await send(url, { body, headers: page })).toMatchObject({ status, headers: readable });
    expect((await logged(3)).map(({ method }) => method)).toEqual(["POST", "POST", "POST"]); // the gateway itself has granted it
    const foreign = { origin: "https://evil.example", ...question };
    expect((await send(url, { method: "OPTIONS", headers: foreign })).headers).not.toHaveProperty(
      "access-control-allow-origin",
    );
    expect((await send(url, { body: HELLO })).headers).not.toHaveProperty("access-control-allow-origin");
  });

  it("needs one of the tokens, if there are any", async () => {
    const { url, emulator } = await gate({}, { tokens: ["t1", "t2"] });
    for (const headers of [{}, { authorization: "Bearer t3" }, { authorization: "Bearer " }])
      expect(await send(url, { body: HELLO, headers })).toMatchObject({
        status: 401,
        json: { error: { code: "invalid_api_key" } },
      });
    await expect(connect(url)).rejects.toThrow(/401/);
    expect(emulator.requests).toHaveLength(0);
    expect((await send(url, { body: HELLO, headers: { authorization: "Bearer t2" } })).status).toBe(200);
    expect((await send(url, { body: HELLO, headers: { "api-key": "t1" } })).status).toBe(200);
  });

  it("from other machines needs tokens", async () => {
    const common = { provider: openaiProvider({ env: {} }), auth: apiKeyAuth("k"), env: {} };
    await expect(startGateway({ ...common, host: "0.0.0.0" })).rejects.toThrow(/set tokens/);
    await expect(startGateway({ ...common, tokens: [" "] })).rejects.toThrow(/empty/);
    const tokens = "t1" as unknown as string[]; // as untyped code may give it
    await expect(startGateway({ ...common, tokens })).rejects.toThrow("tokens of the gateway must be a list of texts");
    const inspector = new Workbench();
    await expect(startGateway({ ...common, tokens: ["t"], host: "0.0.0.0", inspector })).rejects.toThrow(/prompts/);
  });

  it("is limited in the number of requests in progress", async () => {
    const { url } = await gate({ script: [{ events: [wire.created], stallAfterEvents: 1 }] }, { maxRequests: 1 });
    const first = await open(url, { method: "POST", body: HELLO });
    const second = await send(url, { body: HELLO });
    expect(second).toMatchObject({
      status: 503,
      headers: { "retry-after": "1" },
      json: { error: { code: "too_many_requests" } },
    });
    first.destroy();
  });
});
