import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { ResponsesClient } from "../../../src/api/responses/client.ts";
import type { RetryNotice } from "../../../src/client/observe/telemetry.ts";
import { clientOptions, emulate } from "../../support/clients.ts";
import { errorOf } from "../../support/transport.ts";
import { request, sent } from "./sent.ts";

describe("compression", () => {
  it("zstd is marked, shorter, and understood", async () => {
    const emulator = await emulate();
    const client = new ResponsesClient(clientOptions(emulator.url, { compression: "zstd" }));
    const long = { ...request, instructions: "be brief. ".repeat(1000) };
    await (await client.stream(long)).collect();
    const { headers, json } = await emulator.nextRequest();
    expect(headers["content-encoding"]).toBe("zstd");
    expect(Number(headers["content-length"])).toBeLessThan(1000);
    expect(json).toMatchObject({ instructions: long.instructions });
  });

  // parity: compression/modes
  it("gzip likewise", async () => {
    const { headers } = await sent({ compression: "gzip" });
    expect(headers["content-encoding"]).toBe("gzip");
  });

  // parity: compression/downgrade
  it.each([400, 415])(
    "is given up for good when the server answers %i to it, and the request is sent once more",
    async (status) => {
      const emulator = await emulate({ script: [{ status, body: "what is this" }] });
      const notices: RetryNotice[] = [];
      const client = new ResponsesClient({
        ...clientOptions(emulator.url, { compression: "gzip" }),
        telemetry: { onRetry: (notice: RetryNotice) => void notices.push(notice) },
      });
      await (await client.stream(request)).collect();
      await (await client.stream(request)).collect();
      expect(emulator.requests.map(({ headers }) => headers["content-encoding"])).toEqual([
        "gzip",
        undefined,
        undefined,
      ]);
      expect(notices).toMatchObject([{ layer: "downgrade", delayMs: 0 }]);
    },
  );

  // parity: compression/downgrade
  it("stays where the request is refused without it too: it was not the reason", async () => {
    const refusal = { status: 400, body: { error: { message: "no such field" } } };
    const emulator = await emulate({ script: [refusal, refusal, {}] });
    const client = new ResponsesClient(clientOptions(emulator.url, { compression: "gzip" }));
    await expect(client.stream(request)).rejects.toMatchObject({ kind: "invalid_request" });
    await (await client.stream(request)).collect();
    expect(emulator.requests.map(({ headers }) => headers["content-encoding"])).toEqual(["gzip", undefined, "gzip"]);
  });

  it("beside a content-encoding set by hand is a build error, and nothing is sent", async () => {
    const emulator = await emulate();
    const client = new ResponsesClient(clientOptions(emulator.url));
    const error = await errorOf(client.stream(request, { compression: "zstd", headers: { "Content-Encoding": "br" } }));
    expect(error).toMatchObject({ kind: "build" });
    expect(emulator.requests.length).toBe(0);
  });

  it("is done once, however often the request is sent", async () => {
    const emulator = await emulate({ script: [{ status: 500 }, { status: 500 }] });
    const lines: string[] = [];
    const logger = {
      debug: (_fields: object, message: string) => lines.push(message),
      info() {},
      warn() {},
      error() {},
    };
    const client = new ResponsesClient({ ...clientOptions(emulator.url, { compression: "gzip" }), logger });
    await (await client.stream(request)).collect();
    expect(emulator.requests.length).toBe(3);
    expect(lines.filter((line) => line === "request body compressed").length).toBe(1);
  });

  it("gives bytes that gunzip reads back", async () => {
    const { compressBody } = await import("../../../src/client/compression.ts");
    const { silentLogger } = await import("../../../src/client/observe/log.ts");
    const bytes = Buffer.from("hello");
    const encoded = await compressBody(bytes, "gzip", silentLogger);
    expect(gunzipSync(encoded.bytes as Uint8Array).toString()).toBe("hello");
  });
});
