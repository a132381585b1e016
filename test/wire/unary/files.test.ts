import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { apiKeyAuth } from "../../../src/api/auth.ts";
import { FilesClient, UPLOAD_LIMIT_BYTES, type UploadProgress } from "../../../src/api/endpoints/files/client.ts";
import type { HttpTransport } from "../../../src/client/transport.ts";
import type { Clock } from "../../../src/client/waiting/clock.ts";
import type { EmulatorOptions, RecordedRequest, Step } from "../../../src/emulator/index.ts";
import { clientOptions, emulate } from "../../support/clients.ts";
import { errorOf } from "../../support/transport.ts";

const hello = { name: "hello.txt", bytes: Buffer.from("hello") };

/** A clock whose sleeps take no time; they are written down. */
function quickClock(): Clock & { readonly sleeps: number[] } {
  const sleeps: number[] = [];
  let nowMs = 0;
  return {
    sleeps,
    now: () => nowMs,
    async sleep(ms) {
      sleeps.push(ms);
      nowMs += ms;
    },
  };
}

async function open(options: EmulatorOptions = {}) {
  const emulator = await emulate(options);
  const clock = quickClock();
  const settings = clientOptions(`${emulator.origin}/backend-api`, { headers: { "x-gateway": "g" } });
  const client = new FilesClient({ ...settings, auth: apiKeyAuth("sk-secret-1"), clock });
  return { emulator, clock, client };
}

/** Steps for the requests whose path ends so; all others are answered as usual. */
function stepsFor(ending: string, steps: Step[]): (request: RecordedRequest) => Step | undefined {
  return ({ path }) => (path.split("?")[0]?.endsWith(ending) ? steps.shift() : undefined);
}

describe("an upload to the ChatGPT backend", () => {
  it("registers the file, sends its bytes without credentials and tells that it is done", async () => {
    const { emulator, client } = await open({ requireAuth: "sk-secret-1" });
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
    const { emulator, client } = await open();
    expect(await client.upload({ path })).toMatchObject({ fileName: "notes.md", sizeBytes: 100_000 });
    expect(await client.upload({ path, name: "other.md" })).toMatchObject({ fileName: "other.md" });
    expect(emulator.requests.filter(({ method }) => method === "PUT").map(({ body }) => body.length)).toEqual([
      100_000, 100_000,
    ]);
  });

  it("takes an empty file", async () => {
    const { client } = await open();
    expect(await client.upload({ name: "empty", bytes: new Uint8Array() })).toMatchObject({ sizeBytes: 0 });
  });

  it("goes beside the Codex part of the ChatGPT backend", async () => {
    const emulator = await emulate();
    await new FilesClient(clientOptions(`${emulator.origin}/backend-api/codex/`)).upload(hello);
    expect(emulator.requests[0]?.path).toBe("/backend-api/files");
  });

  it("tells its progress", async () => {
    const { client } = await open();
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
    const { emulator, clock, client } = await open({ script: stepsFor("/uploaded", [retry, retry]) });
    await client.upload(hello);
    expect(clock.sleeps).toEqual([250, 250]);
    expect(emulator.requests).toHaveLength(5);
  });

  it("gives up after 30 s", async () => {
    const script = ({ path }: RecordedRequest) =>
      path.endsWith("/uploaded") ? { status: 200, body: { status: "retry" } } : undefined;
    const { clock, client } = await open({ script });
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
    const { client } = await open({ script: stepsFor("/uploaded", [{ status: 200, body }]) });
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
    const { client } = await open({ script: stepsFor(ending, [{ status: 200, body }]) });
    const error = await errorOf(client.upload(hello));
    expect(error).toMatchObject({ kind: "protocol", message: `failed to decode file response: ${why}` });
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
    const { client } = await open({
      script: ({ method }) => (method === "PUT" ? { status: 403, body: "<Error>late</Error>" } : undefined),
    });
    const error = await errorOf(client.upload(hello));
    expect(error).toMatchObject({ kind: "http", status: 403 });
    expect(JSON.stringify(error) + error.message).not.toMatch(/sig=/);
  });

  it("sends the bytes again after a reset", async () => {
    let puts = 0;
    const { emulator, client } = await open({
      script: ({ method }) => (method === "PUT" && puts++ === 0 ? { resetBeforeHeaders: true } : undefined),
    });
    await client.upload(hello);
    expect(emulator.requests.filter(({ method }) => method === "PUT").map(({ body }) => body.length)).toEqual([5, 5]);
  });
});

describe("a source", () => {
  const stream = (sizeBytes: number, open: () => AsyncIterable<Uint8Array>) => ({ name: "s", sizeBytes, open });
  async function* parts(...sizes: number[]) {
    for (const size of sizes) yield new Uint8Array(size);
  }

  it("larger than 512 MiB is not even registered", async () => {
    const { emulator, client } = await open();
    const error = await errorOf(client.upload(stream(UPLOAD_LIMIT_BYTES + 1, () => parts())));
    expect(error).toMatchObject({ kind: "build" });
    expect(error.message).toBe('file "s" is too large: 536870913 bytes exceeds the limit of 536870912 bytes');
    expect(emulator.requests).toEqual([]);
  });

  it.each<[string, Parameters<FilesClient["upload"]>[0]]>([
    ["that is not there", { path: "/does/not/exist" }],
    ["that is a folder", { path: tmpdir() }],
    ["that has no end", { path: "/dev/zero" }],
    ["without a name", { name: "", bytes: new Uint8Array(1) }],
    ["of a type with a line end in it", { name: "a", bytes: new Uint8Array(1), type: "a/b\r\nx: y" }],
    ["on disk, of a type that is no text", { path: "package.json", type: 7 as never }],
    ["of no size", stream(Number.NaN, () => parts())],
  ])("%s is a fault of the caller", async (_what, source) => {
    const { emulator, client } = await open();
    expect(await errorOf(client.upload(source))).toMatchObject({ kind: "build" });
    expect(emulator.requests).toEqual([]);
  });

  it.each<[string, () => AsyncIterable<Uint8Array>, RegExp]>([
    ["has fewer bytes than announced", () => parts(3), /no longer has the 10 bytes/],
    ["has more", () => parts(8, 8), /no longer has the 10 bytes/],
    [
      "fails",
      async function* () {
        yield new Uint8Array(3);
        throw new Error("disk gone");
      },
      /ended on this side: Error: disk gone/,
    ],
  ])("that %s ends the upload, once", async (_what, openStream, message) => {
    let opened = 0;
    const { client } = await open();
    const source = stream(10, () => {
      opened += 1;
      return openStream();
    });
    const error = await errorOf(client.upload(source));
    expect(error).toMatchObject({ kind: "build" });
    expect(error.message).toMatch(message);
    expect(opened).toBe(1);
  });

  it("of 400 MB goes to the emulator with flat memory, and tells its progress", async () => {
    const total = 400_000_000;
    const part = Buffer.alloc(1_000_000);
    const { client } = await open();
    const before = process.memoryUsage.rss();
    let peak = 0;
    const progress: number[] = [];
    const source = stream(total, async function* () {
      for (let sent = 0; sent < total; sent += part.length) yield part;
    });
    const uploaded = await client.upload(source, {
      onProgress: ({ sentBytes }) => {
        progress.push(sentBytes);
        peak = Math.max(peak, process.memoryUsage.rss() - before);
      },
    });
    expect(uploaded).toMatchObject({ sizeBytes: total });
    expect(progress.at(-1)).toBe(total);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    // Both sides are in this process; of what waits for the next collection Node 26 lets up to 140 MB stand.
    expect(peak).toBeLessThan(192 * 1024 * 1024);
  });

  it("of 256 MiB passes through without filling memory", async () => {
    const total = 256 * 1024 * 1024;
    const part = Buffer.alloc(1024 * 1024);
    let received = 0;
    const server = createServer((request, response) => {
      request.on("data", (bytes: Buffer) => {
        received += request.method === "PUT" ? bytes.length : 0;
      });
      request.on("end", () => {
        const upload_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/blob`;
        response.end(JSON.stringify({ file_id: "f", upload_url, status: "success" }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close().closeAllConnections());
    const client = new FilesClient(
      clientOptions(`http://127.0.0.1:${(server.address() as AddressInfo).port}/backend-api`),
    );
    const before = process.memoryUsage.rss();
    let peak = 0;
    const source = stream(total, async function* () {
      for (let sent = 0; sent < total; sent += part.length) yield part;
    });
    const onProgress = () => {
      peak = Math.max(peak, process.memoryUsage.rss() - before);
    };
    expect(await client.upload(source, { onProgress })).toMatchObject({ sizeBytes: total });
    expect(received).toBe(total);
    expect(peak).toBeLessThan(96 * 1024 * 1024);
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
    const { emulator, client } = await open({
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
