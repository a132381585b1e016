import { readdirSync, readFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startEmulator } from "../../../src/emulator/index.ts";
import { ResponsesClient, ResponsesSession } from "../../../src/index.ts";
import { knownTo, leaksIn, providerOf, WAYS, type Way } from "../../support/secrets.ts";
import { serve } from "../../support/serve.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

function repeated(headers: IncomingHttpHeaders, url: string): string {
  return knownTo({ headers, url, rawHeaders: Object.entries(headers).flat().map(String) });
}

const request = { model: "m", input: [] };

async function useAll(base: string, way: Way): Promise<void> {
  const options = { provider: { ...providerOf(base, way), maxStreamRetries: 0 }, auth: WAYS[way].auth(), env: {} };
  const client = new ResponsesClient(options);
  await client
    .stream(request)
    .then((stream) => stream.collect())
    .catch(() => {});
  const session = new ResponsesSession({ ...options, carrier: "websocket" });
  await session
    .stream(request)
    .then((stream) => stream.collect())
    .catch(() => {});
  await session.close();
}

it.each(Object.keys(WAYS) as Way[])(
  "with %s: a recording holds no secret that was sent, nor one that came back",
  async (way) => {
    const folder = temporaryFolder("recordings");
    const upstream = await serve(({ headers, path }, response) => response.writeHead(400).end(repeated(headers, path)));
    const recorder = await startEmulator({ record: { folder, upstream: `${upstream.url}/v1` } });
    await useAll(recorder.url.replace(/\/v1$/, ""), way);
    await recorder.close();
    const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
    expect(files.join("\n")).toContain("[removed]");
    expect(leaksIn(files.join("\n"))).toEqual([]);
  },
);

it.each(Object.keys(WAYS) as Way[])("with %s: the workbench shows none either", async (way) => {
  const emulator = await startEmulator({
    script: ({ headers, path, kind }) => {
      const known = repeated(headers, path);
      return kind === "frame"
        ? { frames: [known] }
        : kind === "http"
          ? { status: 400, body: { error: { message: known } } }
          : {};
    },
  });
  onTestFinished(() => emulator.close());
  await useAll(emulator.url.replace(/\/v1$/, ""), way);
  const shown: string[] = [];
  const origin = new URL(emulator.url).origin;
  for (const path of ["journal", "exchanges", "exchanges/1", "exchanges/2", "exchanges/3"])
    shown.push(await (await fetch(`${origin}/workbench/${path}`)).text());
  expect(shown.join("\n")).toContain("[removed]");
  expect(leaksIn(shown.join("\n"))).toEqual([]);
});
