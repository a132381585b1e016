import { expect, it } from "vitest";
import { emulator, send } from "./raw-client.ts";

it("answers what the Codex CLI asks of the ChatGPT backend beside the model", async () => {
  const { origin } = await emulator();
  const backend = `${origin}/backend-api`;
  const account = await send(`${backend}/wham/accounts/check`);
  expect(account.json).toMatchObject({ default_account_id: "account-emulated" });
  expect((await send(`${backend}/wham/settings/user`)).status).toBe(200);
  expect((await send(`${backend}/ps/plugins/installed?limit=200`)).json).toMatchObject({ plugins: [] });
  const ask = (body: object) => send(`${backend}/ps/mcp`, { body: { jsonrpc: "2.0", ...body } });
  const initialized = await ask({ id: 1, method: "initialize", params: { protocolVersion: "2025-03-26" } });
  expect(initialized.json).toMatchObject({ id: 1, result: { protocolVersion: "2025-03-26" } });
  expect((await ask({ method: "notifications/initialized" })).status).toBe(202);
  expect((await ask({ id: 2, method: "tools/list" })).json).toEqual({ jsonrpc: "2.0", id: 2, result: { tools: [] } });
  expect((await ask({ id: 3, method: "nothing" })).json).toMatchObject({ id: 3, error: { code: -32601 } });
  expect((await send(`${backend}/codex/analytics-events/events`, { body: { events: [] } })).status).toBe(202);
});
