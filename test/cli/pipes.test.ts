import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { emulate } from "../support/clients.ts";
import { COMMAND, runCommand } from "../support/command.ts";

describe("a closed standard error", () => {
  it("does not cut the answer off", async () => {
    const emulator = await emulate();
    const finished = await runCommand(["respond", "--base-url", emulator.url, "--log-level", "debug", "repeat: a b"], {
      onStart: (child) => child.stderr?.destroy(),
    });
    expect(finished).toMatchObject({ status: 0, stdout: "a b\n" });
  });
});

describe("standard input that never ends", () => {
  it.each([
    ["respond", "--base-url", "http://127.0.0.1:9"],
    ["respond", "--base-url", "http://127.0.0.1:9", "--request", "-"],
    ["session", "--base-url", "http://127.0.0.1:9", "--requests", "-"],
    ["compact", "--base-url", "http://127.0.0.1:9", "--request", "-"],
  ])("does not keep Ctrl-C from ending the command with 130: %s", async (...args) => {
    const { status, stderr } = await runCommand(args, {
      input: null,
      onStart: (child) => {
        // More than a pipe holds: once it has drained, the command reads.
        child.stdin?.write(" ".repeat(1024 * 1024));
        if (child.stdin) once(child.stdin, "drain").then(() => child.kill("SIGINT"));
      },
    });
    expect({ status, stderr }).toEqual({ status: 130, stderr: "interrupted\n" });
  });
});

it.skipIf(!existsSync("/dev/full"))("standard output on a full disk is reported in one line", () => {
  const full = openSync("/dev/full", "w");
  onTestFinished(() => closeSync(full));
  const { status, stderr } = spawnSync(process.execPath, [COMMAND, "--help"], { stdio: ["ignore", full, "pipe"] });
  expect({ status, stderr: String(stderr) }).toEqual({
    status: 1,
    stderr: "codex-wire: standard output cannot be written: ENOSPC\n",
  });
});
