import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { FilesClient, type UploadProgress } from "../../../src/api/endpoints/files/client.ts";
import type { HttpTransport } from "../../../src/client/transport.ts";
import type { Clock } from "../../../src/client/waiting/clock.ts";
import type { RecordedRequest, Step } from "../../../src/emulator/index.ts";
import { clientOptions, emulate } from "../../support/clients.ts";
import { errorOf } from "../../support/transport.ts";
import { openFiles, quickClock } from "./support.ts";

const hello = { name: "hello.txt", bytes: Buffer.from("hello") };

/** Steps for the requests whose path ends so; all others are answered as usual. */
function stepsFor(ending: string, steps: Step[]): (request: RecordedRequest) => Step | undefined {
  return ({ path }) => (path.split("?")[0]?.endsWith(ending) ? steps.shift() : undefined);
}

describe("an upload to the ChatGPT backend", () => {
  it("registers the file, sends its bytes without credentials and tells that it is done", async () => {
    const { emulator, client } = await openFiles({ requireAuth: "sk-secret-1" });
    const file = await client.upload(hello);
    expect(file).toEqual({
      fileId: expect.stringMatching(/^file_/),
      uri: `sediment://${file.fileId}`,
      fileName: "hello.txt",
      sizeBytes: 5,
      downloadUrl: expect.stringContaining(file.fileId),
      mimeType: "application/octet-stream",
    });
    const [register, put, uploaded] = emulator.requests;
    expect(emulator.requests).toHaveLength(3);
    expect([register?.method, register?.path, register?.json]).toEqual([
      "POST",
      "/backend-api/files",
      { file_name: "hello.txt", file_size: 5, use_case: "codex" },
    ]);
    expect([put?.method, Buffer.from(put?.body ?? []).toString()]).toEqual(["PUT", "hello"]);
    expect(put?.headers).toMatchObject({ "x-ms-blob-type": "BlockBlob", "content-length": "5" });
    expect(put?.headers).not.toHaveProperty("authorization");
    expect(put?.headers).not.toHaveProperty("x-gateway");
    expect([uploaded?.method, uploaded?.path, uploaded?.json]).toEqual([
      "POST",
      `/backend-api/files/${file.fileId}/uploaded`,
      {},
    ]);
    expect(uploaded?.headers).toMatchObject({ authorization: "Bearer sk-secret-1", "x-gateway": "g" });
  });

  it("takes a file from disk, under its own name or another", async () => {
    const folder = await mkdtemp(join(tmpdir(), "upload-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, "notes.md");
    await writeFile(path, "x".repeat(100_000));
    const { emulator, client } = await openFiles();
    expect(await client.upload({ path })).toMatchObject({ fileName: "notes.md", sizeBytes: 100_000 });
    expect(await client.upload({ path, name: "other.md" })).toMatchObject({ fileName: "other.md" });
    expect(emulator.requests.filter(({ method }) => method === "PUT").map(({ body }) => body.length)).toEqual([
      100_000, 100_000,
    ]);
  });

  it("takes an empty file", async () => {
    const { client } = await openFiles();
    expect(await client.upload({ name: "empty", bytes: new Uint8Array() })).toMatchObject({ sizeBytes: 0 });
  });

  it("goes beside the Codex part of the ChatGPT backend", async () => {
    const emulator = await emulate();
    await new FilesClient(clientOptions(`${emulator.origin}/backend-api/codex/`)).upload(hello);
    expect(emulator.requests[0]?.path).toBe("/backend-api/files");
  });

  it("tells its progress", async () => {
    const { client } = await openFiles();
    const seen: UploadProgress[] = [];
    await client.upload(
      { name: "big", bytes: new Uint8Array(150_000) },
      { onProgress: (progress) => void seen.push(progress) },
    );
    expect(seen.map(({ sentBytes }) => sentBytes)).toEqual([65_536, 131_072, 150_000]);
    expect(seen.every(({ totalBytes }) => totalBytes === 150_000)).toBe(true);
  });

  it("polls every 250 ms until the file is ready", async () => {
    const retry = { status: 200, body: { status: "retry" } };
    const { emulator, clock, client } = await openFiles({ script: stepsFor("/uploaded", [retry, retry]) });
    await client.upload(hello);
    expect(clock.sleeps).toEqual([250, 250]);
    expect(emulator.requests).toHaveLength(5);
  });

  it("gives up after 30 s", async () => {
    const script = ({ path }: RecordedRequest) =>
      path.endsWith("/uploaded") ? { status: 200, body: { status: "retry" } } : undefined;
    const { clock, client } = await openFiles({ script });
    const error = await errorOf(client.upload(hello));
    expect(error).toMatchObject({ kind: "timeout", timeoutMs: 30_000 });
    expect(error.message).toMatch(/is uploaded but not ready/);
    expect(clock.sleeps).toHaveLength(120);
  });

  it("gives an answer no more than what is left of the 30 s, its retries included", async () => {
    const stall: Step = { stallBeforeHeaders: true };
    const emulator = await emulate({
      script: stepsFor("/uploaded", [{ status: 200, body: { status: "retry" } }, stall, stall]),
    });
    const clock = quickClock();
    const slow: Clock = { now: clock.now, sleep: () => clock.sleep(29_950) };
    const error = await errorOf(
      new FilesClient({ ...clientOptions(`${emulator.origin}/backend-api`), clock: slow }).upload(hello),
    );
    expect(error).toMatchObject({ kind: "timeout", timeoutMs: 30_000 });
    expect(error.message).toMatch(/is uploaded but not ready/);
    expect(emulator.requests).toHaveLength(4);
  });

  it.each<[object, RegExp]>([
    [{ status: "error", error_message: "virus found" }, /failed: virus found$/],
    [{ status: "expired" }, /the service says "expired"$/],
  ])("that ends with %j is refused", async (body, message) => {
    const { client } = await openFiles({ script: stepsFor("/uploaded", [{ status: 200, body }]) });
    const error = await errorOf(client.upload(hello));
    expect(error).toMatchObject({ kind: "invalid_request" });
    expect(error.message).toMatch(message);
  });

  it.each<[string, unknown, string]>([
    ["/files", { upload_url: "http://h/" }, "missing field `file_id`"],
    ["/files", { file_id: 1, upload_url: "http://h/" }, "file_id: invalid type: integer `1`, expected a string"],
    ["/files", { file_id: "f", upload_url: "file:///etc" }, "upload_url is not an HTTP URL"],
    ["/files", [], "invalid type: sequence, expected a JSON object"],
    ["/uploaded", {}, "missing field `status`"],
    ["/uploaded", { status: "success", mime_type: 1 }, "mime_type: invalid type: integer `1`, expected a string"],
  ])("with the answer of %s %j is a protocol error", async (ending, body, why) => {
    const { client } = await openFiles({ script: stepsFor(ending, [{ status: 200, body }]) });
    const error = await errorOf(client.upload(hello));
    expect(error).toMatchObject({
      kind: "protocol",
      message: expect.stringContaining(`failed to decode file response: ${why}`),
    });
  });

  it("does not take its bytes to an address in clear where the service is reached by https", async () => {
    const asked: string[] = [];
    const transport: HttpTransport = {
      async execute({ url, method }) {
        asked.push(`${method} ${url}`);
        const body = Buffer.from(JSON.stringify({ file_id: "f", upload_url: "http://blob.test/f" }));
        return { status: 200, url, headers: {}, body };
      },
      stream: () => Promise.reject(new Error("nothing is streamed")),
    };
    const client = new FilesClient({ ...clientOptions("https://files.test/backend-api"), transport });
    const error = await errorOf(client.upload(hello));
    expect(error).toMatchObject({
      kind: "protocol",
      message: expect.stringContaining("a file is not sent unencrypted"),
    });
    expect(asked).toEqual(["POST https://files.test/backend-api/files"]);
  });

  it("says the blob store's refusal, without the signature in its address", async () => {
    const { client } = await openFiles({
      script: ({ method }) => (method === "PUT" ? { status: 403, body: "<Error>late</Error>" } : undefined),
    });
    const error = await errorOf(client.upload(hello));
    expect(error).toMatchObject({ kind: "http", status: 403 });
    expect(JSON.stringify(error) + error.message).not.toMatch(/sig=/);
  });

  it("sends the bytes again after a reset", async () => {
    let puts = 0;
    const { emulator, client } = await openFiles({
      script: ({ method }) => (method === "PUT" && puts++ === 0 ? { resetBeforeHeaders: true } : undefined),
    });
    await client.upload(hello);
    expect(emulator.requests.filter(({ method }) => method === "PUT").map(({ body }) => body.length)).toEqual([5, 5]);
  });
});

describe("time", () => {
  it("is 60 s for each answer, and for the bytes 60 s without progress (parity: files/slow-upload)", async () => {
    const answers = [{ file_id: "f", upload_url: "http://blob.test/f" }, {}, { status: "success" }];
    const timeouts: unknown[] = [];
    const transport: HttpTransport = {
      async execute({ url, timeouts: given }) {
        timeouts.push(given);
        return { status: 200, url, headers: {}, body: Buffer.from(JSON.stringify(answers.shift())) };
      },
      stream: () => Promise.reject(new Error("not expected")),
    };
    await new FilesClient({ ...clientOptions("http://api.test/backend-api"), transport }).upload(hello);
    expect(timeouts).toEqual([
      { headersMs: 60_000, totalMs: 60_000 },
      { headersMs: 60_000, totalMs: undefined },
      { headersMs: 60_000, totalMs: 60_000 },
    ]);
  });

  it("is up at once when the caller aborts", async () => {
    const { emulator, client } = await openFiles({
      script: ({ method }) => (method === "PUT" ? { stallBeforeHeaders: true } : undefined),
    });
    const controller = new AbortController();
    const failed = errorOf(client.upload(hello, { signal: controller.signal }));
    await emulator.nextRequest();
    await emulator.nextRequest();
    controller.abort();
    expect(await failed).toMatchObject({ kind: "aborted" });
    await emulator.waitForClosedResponses(2);
  });
});
