import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openRegular, readWhole, readWholeSync } from "../../../../src/client/files/index.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";

const folder = () => temporaryFolder("files");

function fileOf(content: string | Uint8Array): string {
  const path = join(folder(), "file");
  writeFileSync(path, content);
  return path;
}

function pipe(): string {
  const path = join(folder(), "pipe");
  execFileSync("mkfifo", [path]);
  return path;
}

const maxBytes = 1000;

/** The ways to read, each as a promise. */
const READS: readonly (readonly [string, (path: string) => Promise<Uint8Array>])[] = [
  ["readWhole", (path) => readWhole(path, { maxBytes })],
  ["readWholeSync", async (path) => readWholeSync(path, maxBytes)],
];

describe.each(READS)("%s", (_name, read) => {
  it("reads a file, also through a link", async () => {
    const path = fileOf("content");
    const link = join(folder(), "link");
    symlinkSync(path, link);
    expect(Buffer.from(await read(link)).toString()).toBe("content");
    expect((await read(fileOf(""))).length).toBe(0);
  });

  it("refuses a socket", async () => {
    const path = join(folder(), "socket");
    const server = createServer().listen(path);
    onTestFinished(() => void server.close());
    await once(server, "listening");
    await expect(read(path)).rejects.toThrow(/a socket|No such device/);
  });

  it("accepts a file of the largest size, and no larger one", async () => {
    expect((await read(fileOf(Buffer.alloc(maxBytes)))).length).toBe(maxBytes);
    await expect(read(fileOf(Buffer.alloc(maxBytes + 1)))).rejects.toMatchObject({
      code: "EFBIG",
      message: "it is larger than 1000 bytes",
    });
  });

  it("reads a file that says it is empty and is not", async () => {
    expect(Buffer.from(await read("/proc/self/comm")).toString()).not.toBe("");
  });

  it.each([
    ["a pipe", pipe, /^it is a pipe, not a regular file$/],
    ["an endless device", () => "/dev/zero", /^it is a character device, not a regular file$/],
    ["a folder", folder, /^Is a directory \(EISDIR\)$/],
    ["a missing file", () => join(folder(), "none"), /^No such file or directory \(ENOENT\)$/],
  ])("refuses %s at once, with the reason", async (_what, make, message) => {
    await expect(read(make())).rejects.toThrow(message);
  });
});

it("does not read a huge file to notice its size", async () => {
  const path = fileOf("");
  truncateSync(path, 10 * 1024 ** 3); // a hole, which takes no space
  const before = process.memoryUsage().rss;
  await expect(readWhole(path, { maxBytes: 1024 ** 2 })).rejects.toThrow("it is larger than 1 MiB");
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 ** 2);
});

it("stops on the signal, before and while it reads", async () => {
  const path = fileOf("content");
  await expect(readWhole(path, { maxBytes, signal: AbortSignal.abort("gone") })).rejects.toMatchObject({
    kind: "aborted",
    cause: "gone",
  });
  const controller = new AbortController();
  const reading = readWhole(path, { maxBytes, signal: controller.signal });
  controller.abort("left");
  await expect(reading).rejects.toMatchObject({ kind: "aborted", cause: "left" });
});

it("never opens a pipe", async () => {
  await expect(openRegular(pipe())).rejects.toThrow(/a pipe/);
});
