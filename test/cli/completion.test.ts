import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runCommand } from "../support/command.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const hasBash = spawnSync("bash", ["--version"]).status === 0;

/** The words that bash suggests for the last word. */
async function offered(...words: string[]): Promise<string[]> {
  const script = join(temporaryFolder("completion"), "codex-wire");
  writeFileSync(script, (await runCommand(["completion", "bash"])).stdout);
  const ask = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _codex_wire; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const args = ["--norc", "-c", ask, "bash", script, "codex-wire", ...words];
  const { stdout, stderr } = spawnSync("bash", args, { encoding: "utf8", env: { PATH: process.env.PATH } });
  expect(stderr).toBe("");
  return stdout.trim().split("\n");
}

describe.skipIf(!hasBash)("bash completes", () => {
  test.each([
    [["resp"], ["respond", "responses"]],
    [["respond", "--carr"], ["--carrier"]],
    [
      ["respond", "--carrier", ""],
      ["http", "websocket", "auto"],
    ],
    [["responses", "c"], ["cancel"]],
    [["responses", "get", "--js"], ["--json"]],
    [["completion", "z"], ["zsh"]],
    [["respond", "--request", join(import.meta.dirname, "completion.te")], [import.meta.filename]],
    [["upload", join(import.meta.dirname, "completion.te")], [import.meta.filename]],
    [["models", "--api-key-env", ""], [""]],
  ])("%j to %j", async (words, expected) => expect(await offered(...words)).toEqual(expected));
});

test("an unsupported shell is a usage error that lists the supported ones", async () => {
  const told = { status: 2, stdout: "", stderr: expect.stringContaining("bash, zsh, fish") };
  expect(await runCommand(["completion", "tcsh"])).toMatchObject(told);
  expect(await runCommand(["completion"])).toMatchObject(told);
});
