import { describe, expect, it } from "vitest";
import { apiKeyAuth, openaiProvider } from "../../../../src/index.ts";
import { emulate } from "../../../support/clients.ts";
import { handshakesAt, wire } from "../../session/support.ts";
import { HELLO, post, responsesFetch } from "../support.ts";

describe("the fetch", () => {
  it("keeps the services that were used last or are in use", async () => {
    const emulator = await emulate({
      script: (request) =>
        JSON.stringify(request.body ?? {}).includes("stay")
          ? { events: [wire.created], stallAfterEvents: 1 }
          : undefined,
    });
    const send = responsesFetch();
    const ask = (version: number, input = "hi") =>
      send(`${emulator.url}/responses?api-version=${version}`, {
        method: "POST",
        headers: { authorization: "Bearer k" },
        body: JSON.stringify({ ...HELLO, input }),
      });
    const stays = await ask(0, "stay");
    for (let version = 1; version <= 34; version += 1) await (await ask(version)).text();
    await emulator.waitForClosedWebSockets(3);
    expect(handshakesAt(emulator)).toHaveLength(35);
    const { done } = (await stays.body?.getReader().read()) ?? {};
    expect(done).toBe(false);
    await (await ask(34)).text();
    expect(handshakesAt(emulator)).toHaveLength(35);
    await (await ask(3)).text(); // the third that was closed, as the first of all is at work
    expect(handshakesAt(emulator)).toHaveLength(36);
  });

  it("rejects invalid options when it is created", () => {
    expect(() => responsesFetch({ provider: openaiProvider({ baseUrl: "nonsense" }) })).toThrow(/base URL/);
    expect(() => responsesFetch({ auth: apiKeyAuth("k") })).toThrow(/auth needs provider/);
    expect(() => responsesFetch({ env: { SSL_CERT_FILE: "/nowhere.pem" } })).toThrow(/nowhere/);
  });

  it("sends nothing and opens no connection after it was closed", async () => {
    const emulator = await emulate();
    const ours = responsesFetch();
    await (await post(ours, emulator, { model: "m", input: "hi" })).text();
    await Promise.all([ours.close(), ours.close()]);
    const sent = emulator.requests.length;
    for (const ask of [() => post(ours, emulator, { model: "m", input: "hi" }), () => ours(`${emulator.url}/models`)])
      await expect(ask()).rejects.toMatchObject({ name: "TypeError", cause: { kind: "build", message: /closed/ } });
    expect(emulator.requests).toHaveLength(sent);
  });
});
