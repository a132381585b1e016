import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { COMMAND, runCommand } from "../support/command.ts";
import { readProjectFile } from "../support/project-files.ts";

/** The command on a Node that says it is of this version. */
function runOn(version: string, args: readonly string[]) {
  const code = `Object.defineProperty(process,"versions",{value:{...process.versions,node:"${version}"}})`;
  return runCommand(args, { env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` } });
}

describe("a Node that is too old", () => {
  it.each(["14.21.3", "18.20.8", "20.9.0"])(
    "is named in one line, with the one that is needed: %s",
    async (version) => {
      const { engines } = JSON.parse(readProjectFile("package.json")) as { engines: { node: string } };
      const least = engines.node.replace(">=", "");
      expect(await runOn(version, ["--version"])).toMatchObject({
        status: 2,
        stdout: "",
        stderr: `codex-wire: Node.js ${least} or later is needed, and this is ${version}\n`,
      });
    },
  );

  it.each(["20.19.0", "21.0.0", "26.1.0"])("is not one of version %s", async (version) => {
    expect(await runOn(version, ["--version"])).toMatchObject({ status: 0, stderr: "" });
  });

  it("loads no other file, which it might not understand", () => {
    expect(readFileSync(COMMAND, "utf8")).not.toMatch(/^(import|export)\b[^(]*\bfrom\b/m);
  });
});
