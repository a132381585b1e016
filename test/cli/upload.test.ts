import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emulate } from "../support/clients.ts";
import { runCommand } from "../support/command.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

test("upload prints the id of the file, and no progress if standard error is not a terminal", async () => {
  const emulator = await emulate();
  const path = join(temporaryFolder("upload"), "report.txt");
  writeFileSync(path, "hello");
  const { status, stdout, stderr } = await runCommand([
    "upload",
    path,
    "--base-url",
    emulator.url,
    "--name",
    "own.txt",
  ]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toMatch(/^file[-_]\w+\n$/);
  expect(emulator.requests[0]).toMatchObject({ method: "POST", path: "/v1/files" });
});

test("upload without a file prints its usage", async () => {
  const { status, stderr } = await runCommand(["upload"]);
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: "codex-wire: the FILE to upload is missing: codex-wire upload FILE\n",
  });
});

test("respond treats - as standard input", async () => {
  const emulator = await emulate();
  const { stdout } = await runCommand(["respond", "-", "--base-url", emulator.url], { input: "repeat: piped" });
  expect(stdout).toBe("piped\n");
});
