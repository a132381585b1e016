import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { FilesClient, UPLOAD_LIMIT_BYTES } from "../../../src/api/endpoints/files/client.ts";
import type { EmulatorOptions } from "../../../src/emulator/index.ts";
import { clientOptions, emulate } from "../../support/clients.ts";
import { errorOf } from "../../support/transport.ts";

const notes = { name: "notes.md", bytes: Buffer.from("# Notes") };

async function open(options: EmulatorOptions = {}) {
  const emulator = await emulate(options);
  return { emulator, client: new FilesClient(clientOptions(emulator.url)) };
}

// parity: files/public-api
describe("files of the public API", () => {
  it("go up in one form, are told of, read back and deleted", async () => {
    const { emulator, client } = await open();
    const { fileId, ...uploaded } = await client.upload(notes, { purpose: "vision", expiresAfterMs: 3_600_000 });
    expect(uploaded).toEqual({ fileName: "notes.md", sizeBytes: 7 });
    const [sent] = emulator.requests;
    expect([sent?.method, sent?.path, sent?.wireBytes]).toEqual([
      "POST",
      "/v1/files",
      Number(sent?.headers["content-length"]),
    ]);
    const form = Buffer.from(sent?.body ?? []).toString();
    expect(form).toMatch(/name="purpose"\r\n\r\nvision\r\n/);
    expect(form).toMatch(/name="expires_after\[anchor\]"\r\n\r\ncreated_at\r\n/);
    expect(form).toMatch(/name="expires_after\[seconds\]"\r\n\r\n3600\r\n/);
    expect(form).toMatch(/name="file"; filename="notes.md"\r\nContent-Type: text\/markdown\r\n\r\n# Notes\r\n/);
    expect(await client.retrieve(fileId)).toMatchObject({
      id: fileId,
      object: "file",
      bytes: 7,
      filename: "notes.md",
      purpose: "vision",
    });
    expect(Buffer.from(await client.content(fileId)).toString()).toBe("# Notes");
    await client.delete(fileId);
    expect(await errorOf(client.retrieve(fileId))).toMatchObject({ kind: "http", status: 404 });
  });

  it("are input of a model unless their purpose is said", async () => {
    const { client } = await open();
    const { fileId } = await client.upload(notes);
    expect(await client.retrieve(fileId)).toMatchObject({ purpose: "user_data" });
  });

  it("are listed page by page, as far as the loop goes", async () => {
    const { emulator, client } = await open();
    const ids: string[] = [];
    for (const name of ["a", "b", "c"]) {
      ids.push((await client.upload({ name, bytes: Buffer.from(name) }, { purpose: "batch" })).fileId);
    }
    const asked = () => emulator.requests.filter(({ method }) => method === "GET").map(({ path }) => path);
    const listed: string[] = [];
    for await (const { id } of client.list({ order: "asc", pageSize: 2, purpose: "batch" })) listed.push(id);
    expect(listed).toEqual(ids);
    expect(asked()).toEqual([
      "/v1/files?order=asc&purpose=batch&limit=2",
      `/v1/files?order=asc&purpose=batch&limit=2&after=${ids[1]}`,
    ]);
    for await (const { id } of client.list({ pageSize: 1 })) {
      expect(id).toBe(ids[2]); // the newest first
      break;
    }
    expect(asked()).toHaveLength(3);
    for await (const { id } of client.list({ order: "asc", after: ids[1] })) expect(id).toBe(ids[2]);
  });

  it("are read anew from disk when they are sent again, and tell their progress", async () => {
    const folder = await mkdtemp(join(tmpdir(), "files-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, "data.jsonl");
    await writeFile(path, "x".repeat(100_000));
    const { emulator, client } = await open({ script: [{ status: 500 }] });
    const progress: number[] = [];
    const { fileId } = await client.upload({ path }, { onProgress: ({ sentBytes }) => void progress.push(sentBytes) });
    expect(progress).toEqual([65_536, 100_000, 65_536, 100_000]);
    expect(emulator.requests).toHaveLength(2);
    expect((await client.content(fileId)).length).toBe(100_000);
  });

  it("of 512 MiB pass through without filling memory", async () => {
    const total = 512 * 1024 * 1024;
    const part = Buffer.alloc(1024 * 1024);
    let received = 0;
    const server = createServer((request, response) => {
      request.on("data", (bytes: Buffer) => {
        received += bytes.length;
      });
      request.on("end", () => response.end('{"id":"file-1"}'));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close().closeAllConnections());
    const client = new FilesClient(clientOptions(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
    const before = process.memoryUsage.rss();
    let peak = 0;
    const source = {
      name: "s",
      sizeBytes: total,
      async *open() {
        for (let sent = 0; sent < total; sent += part.length) yield part;
      },
    };
    const onProgress = () => {
      peak = Math.max(peak, process.memoryUsage.rss() - before);
    };
    expect(await client.upload(source, { onProgress })).toMatchObject({ fileId: "file-1", sizeBytes: total });
    expect(received).toBeGreaterThan(total);
    // Until the next garbage collection Node 26 may keep about 110 MiB of what was sent and received.
    expect(peak).toBeLessThan(192 * 1024 * 1024);
  });

  it("that are too large, unreadable or unnamed are not sent", async () => {
    const { emulator, client } = await open();
    const large = { name: "s", sizeBytes: UPLOAD_LIMIT_BYTES + 1, open: () => (async function* () {})() };
    expect(await errorOf(client.upload(large))).toMatchObject({ kind: "build" });
    expect(await errorOf(client.upload({ path: "/does/not/exist" }))).toMatchObject({ kind: "build" });
    expect(await errorOf(client.retrieve(""))).toMatchObject({ kind: "build" });
    expect(() => client.list({ order: "newest" as "desc" })).toThrow(/order must be one of asc, desc/);
    expect(() => client.list({ limit: 2 } as object)).toThrow(/unknown option "limit" in /);
    expect(emulator.requests).toEqual([]);
  });

  it("that the source ends early are not there", async () => {
    const { client } = await open();
    const short = {
      name: "s",
      sizeBytes: 10,
      async *open() {
        yield new Uint8Array(3);
      },
    };
    expect(await errorOf(client.upload(short))).toMatchObject({
      kind: "build",
      message: expect.stringContaining("no longer has the 10 bytes"),
    });
  });

  it("are not what the ChatGPT backend has", async () => {
    const emulator = await emulate();
    const client = new FilesClient(clientOptions(`${emulator.origin}/backend-api/codex`));
    for (const call of [client.retrieve("f"), client.content("f"), client.delete("f")]) {
      expect(await errorOf(call)).toMatchObject({ kind: "build", message: expect.stringContaining("ChatGPT backend") });
    }
    expect(() => client.list()).toThrow(/ChatGPT backend/);
    const purpose = client.upload(notes, { purpose: "batch" });
    expect(await errorOf(purpose)).toMatchObject({ kind: "build", message: expect.stringContaining("purpose") });
    expect(emulator.requests).toEqual([]);
  });
});
