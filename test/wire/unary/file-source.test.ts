import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { describe, expect, it, onTestFinished } from "vitest";
import { FilesClient, UPLOAD_LIMIT_BYTES } from "../../../src/api/endpoints/files/client.ts";
import { clientOptions } from "../../support/clients.ts";
import { errorOf } from "../../support/transport.ts";
import { openFiles } from "./support.ts";

describe("a source", () => {
  const stream = (sizeBytes: number, open: () => AsyncIterable<Uint8Array>) => ({ name: "s", sizeBytes, open });
  async function* parts(...sizes: number[]) {
    for (const size of sizes) yield new Uint8Array(size);
  }

  it("larger than 512 MiB is not even registered", async () => {
    const { emulator, client } = await openFiles();
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
    const { emulator, client } = await openFiles();
    expect(await errorOf(client.upload(source))).toMatchObject({ kind: "build" });
    expect(emulator.requests).toEqual([]);
  });

  it.each<[string, () => AsyncIterable<Uint8Array>, RegExp]>([
    ["has fewer bytes than announced", () => parts(3), /no longer has the 10 bytes/],
    ["has more", () => parts(8, 8), /no longer has the 10 bytes/],
    ["has more, in parts that end where it should", () => parts(10, 8), /no longer has the 10 bytes/],
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
    const { client } = await openFiles();
    const source = stream(10, () => {
      opened += 1;
      return openStream();
    });
    const error = await errorOf(client.upload(source));
    expect(error).toMatchObject({ kind: "build" });
    expect(error.message).toMatch(message);
    expect(opened).toBe(1);
  });

  it("named by a text alone is refused, with what to give", async () => {
    const client = new FilesClient(clientOptions("http://127.0.0.1:9"));
    const path = "report.pdf" as unknown as { path: string }; // as untyped code may give it
    expect((await errorOf(client.upload(path))).message).toBe(
      'the file must be an object, for example { path: "report.pdf" }, and is "report.pdf"',
    );
  });

  it("of 400 MB goes to the emulator with flat memory, and tells its progress", async () => {
    const total = 400_000_000;
    const part = Buffer.alloc(1_000_000);
    const { client } = await openFiles();
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
    // Both sides are in this process; Node 26 may keep up to 140 MB until the next garbage collection.
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
