import { rmSync, writeFileSync } from "node:fs";
import { expect, it, onTestFinished, vi } from "vitest";
import { noAuth } from "../../src/api/auth.ts";
import { CodexApi } from "../../src/api/codex-api.ts";
import { ModelsClient } from "../../src/api/endpoints/models/client.ts";
import { openaiProvider } from "../../src/api/providers.ts";
import { ResponsesWebSocketClient } from "../../src/api/responses/websocket/client.ts";
import { ResponsesSession } from "../../src/api/session/session.ts";
import { caFile } from "../support/ca-file.ts";
import { cert } from "../support/certs.ts";
import { emulate } from "../support/clients.ts";

const opened: string[] = [];

vi.mock("node:fs", async (importOriginal) => {
  const fs = await importOriginal<typeof import("node:fs")>();
  const openSync: typeof fs.openSync = (path, ...rest) => {
    opened.push(String(path));
    return fs.openSync(path, ...rest);
  };
  return { ...fs, openSync };
});

const request = { model: "m", input: "hello" };

it("a CA bundle is opened once for each state of its file, whatever is built upon it and connects with it", async () => {
  const emulator = await emulate({ tls: true });
  const path = caFile(emulator.caPem);
  const opens = () => opened.filter((each) => each === path).length;
  const provider = openaiProvider({ env: {}, baseUrl: emulator.url });
  const options = { provider, auth: noAuth(), env: { CODEX_CA_CERTIFICATE: path } };

  const api = new CodexApi(options);
  onTestFinished(() => api.close());
  for (let user = 0; user < 3; user += 1) {
    const own = api.as(noAuth());
    await own.responses.create(request);
    const session = own.session();
    await (await session.stream(request)).collect();
    await session.close();
    await own.close();
  }
  await (await api.websocket()).close();
  await new ModelsClient(options).list();
  await (await new ResponsesWebSocketClient(options).connect()).close();
  await using session = new ResponsesSession(options);
  await (await session.stream(request)).collect();
  expect(opens()).toBe(1);

  await api.reload(); // nothing has changed
  expect(opens()).toBe(1);
  writeFileSync(path, [emulator.caPem, cert("root.pem")].join("\n"));
  await api.responses.create(request);
  expect(opens()).toBe(1); // who is built already stays with its reading
  await api.reload();
  await api.responses.create(request);
  expect(opens()).toBe(2);
  await new CodexApi(options).models.list();
  expect(opens()).toBe(2);

  rmSync(path);
  await expect(api.reload()).rejects.toMatchObject({ kind: "ca_read" });
  await api.responses.create(request); // a reload that fails changes nothing
});
