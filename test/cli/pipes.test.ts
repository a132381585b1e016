import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { emulate } from "../support/clients.ts";
import { runCommand } from "../support/command.ts";

describe("standard error that nobody reads", () => {
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
  ])("is left on Ctrl-C, with 130: %s", async (...args) => {
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
